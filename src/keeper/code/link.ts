/** The link `code/current`, which names the copy of the programs from which lost processes are restarted. */
import {lstatSync, readlinkSync, renameSync, rmSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';

const linkIn = (root: string): string => join(root, 'current');

/** Returns the target of the link, the path itself if it is no link, or null if it is missing. */
export function whereCurrentLeads(root: string): string | null {
  const stats = lstatSync(linkIn(root), {throwIfNoEntry: false});
  if (stats === undefined) return null;
  return stats.isSymbolicLink() ? readlinkSync(linkIn(root)) : linkIn(root);
}

/** Points the link at a copy, in one step. */
export function putCurrent(root: string, name: string): void {
  const made = join(root, '.current');
  rmSync(made, {recursive: true, force: true});
  symlinkSync(name, made);
  // rename(2) can't replace a folder by a link.
  if (lstatSync(linkIn(root), {throwIfNoEntry: false})?.isDirectory()) rmSync(linkIn(root), {recursive: true});
  renameSync(made, linkIn(root));
}

/** Removes the link. */
export const removeCurrent = (root: string): void => rmSync(linkIn(root), {recursive: true, force: true});
