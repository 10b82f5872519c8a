/** The link `code/current`, which names the copy of the programs that whatever is lost is started from. */
import {lstatSync, readlinkSync, renameSync, rmSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';

const linkIn = (root: string): string => join(root, 'current');

/** What it leads to; of what is no link, its own path; null: there is nothing. */
export function whereCurrentLeads(root: string): string | null {
  const stats = lstatSync(linkIn(root), {throwIfNoEntry: false});
  if (stats === undefined) return null;
  return stats.isSymbolicLink() ? readlinkSync(linkIn(root)) : linkIn(root);
}

/** Makes it lead to a copy, at once or not at all. */
export function putCurrent(root: string, name: string): void {
  const made = join(root, '.current');
  rmSync(made, {recursive: true, force: true});
  symlinkSync(name, made);
  // A link can't take the name of a folder.
  if (lstatSync(linkIn(root), {throwIfNoEntry: false})?.isDirectory()) rmSync(linkIn(root), {recursive: true});
  renameSync(made, linkIn(root));
}

/** Removes it. */
export const removeCurrent = (root: string): void => rmSync(linkIn(root), {recursive: true, force: true});
