/**
 * Where the copy of the programs was removed and then the keeper that held it was lost, its successor runs from where they
 * are installed. It makes the copy anew, so that an update of the installation changes nothing under the fleet again.
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
  /** There is a copy again. */
  readonly repaired: (message: string) => void;
  /** There can't be one, and why. */
  readonly logError: (message: string) => void;
}

/** Makes a copy of the programs that this keeper runs from, unless one is current; that becomes so once it is known to work. */
export function restoreCode({folder, code, trial, repaired, logError}: CodeRestoreHost): void {
  if (code.current !== null) return;
  const root = join(folder, 'code');
  const give = (why: string): void =>
    logError(`the fleet has no copy of its programs, and runs from ${code.ownFolder}: ${why}`);
  let name: string;
  try {
    name = code.own ?? copyInstalled(root, code.ownFolder, () => undefined, {sync: false});
  } catch (error) {
    give(messageOf(error));
    return;
  }
  trial.run(code.command(code.keeper(name), [folder, '--check']), problem => {
    // An upgrade has brought one meanwhile.
    if (code.current !== null) return;
    try {
      if (problem === null) {
        const led = whereCurrentLeads(root);
        code.makeCurrent(name);
        repaired(madeCurrent(root, led, name, code));
        return;
      }
      give(problem);
      // Of a copy that does not run here, a later keeper must not be started.
      if (code.own !== name) rmSync(join(root, name), {recursive: true, force: true});
    } catch (error) {
      give(messageOf(error));
    }
  });
}

/** What was wrong, in words; `led`: where the link had led. */
function madeCurrent(root: string, led: string | null, name: string, {own, ownFolder}: Code): string {
  const link = join(root, 'current');
  if (led !== null)
    return `the link ${link} had led to ${led}, whose programs are gone or damaged: it leads to ${name} now`;
  if (own === name) return `the link ${link} had been removed`;
  return `the programs in ${root} had been removed: those of ${ownFolder} were copied there`;
}
