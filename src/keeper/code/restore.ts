/**
 * If the copy of the programs was removed and its keeper was lost, the next keeper runs from the installation. That
 * keeper makes the copy anew, so that an update of the installation no longer affects the fleet.
 */
import {messageOf} from '../../base/errors.ts';
import {rmSync} from 'node:fs';
import {join} from 'node:path';
import type {Code} from './installed.ts';
import {whereCurrentLeads} from './link.ts';
import type {KeeperTrial} from './trial.ts';
import {copyInstalled} from '../../home/installed.ts';

export interface CodeRestoreHost {
  /** The fleet's folder. */
  readonly folder: string;
  readonly code: Code;
  readonly trial: KeeperTrial;
  /** Reports that a copy exists again. */
  readonly repaired: (message: string) => void;
  /** Reports why no copy can be made. */
  readonly logError: (message: string) => void;
}

/**
 * Copies the programs of this keeper, unless a copy is current. The new copy becomes current once it has passed a
 * trial.
 */
export function restoreCode({folder, code, trial, repaired, logError}: CodeRestoreHost): void {
  if (code.current !== null) return;
  const root = join(folder, 'code');
  const give = (why: string): void =>
    logError(`the fleet has no copy of its programs and runs from ${code.ownFolder}: ${why}`);
  let name: string;
  try {
    name = code.own ?? copyInstalled(root, code.ownFolder, () => undefined, {sync: false});
  } catch (error) {
    give(messageOf(error));
    return;
  }
  trial.run(code.command(code.keeper(name), [folder, '--check']), problem => {
    // An upgrade has made a copy current meanwhile.
    if (code.current !== null) return;
    try {
      if (problem === null) {
        const led = whereCurrentLeads(root);
        code.makeCurrent(name);
        repaired(madeCurrent(root, led, name, code));
        return;
      }
      give(problem);
      // No later keeper may be started from a copy that does not run here.
      if (code.own !== name) rmSync(join(root, name), {recursive: true, force: true});
    } catch (error) {
      give(messageOf(error));
    }
  });
}

/** Describes the damage. `led`: the former target of the link. */
function madeCurrent(root: string, led: string | null, name: string, {own, ownFolder}: Code): string {
  const link = join(root, 'current');
  if (led !== null)
    return `the link ${link} pointed to ${led}, whose programs are missing or damaged: it points to ${name} now`;
  if (own === name) return `the link ${link} was removed`;
  return `the programs in ${root} were removed: copied again from ${ownFolder}`;
}
