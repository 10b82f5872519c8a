/** Reads what `up` requested from its file or, if that is lost or damaged, from the state of an earlier controller. */
import {messageOf} from '../../base/errors.ts';
import {isObject} from '../../base/json.ts';
import {readFileSync} from 'node:fs';
import {coreOptions} from '../turn/core-options.ts';
import type {SnapshotFile} from '../state/snapshot-file.ts';
import {decodeFound, type Launch} from '../state/launch.ts';
import {inFolder} from '../../control/folder.ts';
import {restoreCore} from '../../supervisor/index.ts';

/** Neither the file nor the state defines the fleet. */
export class NoLaunchError extends Error {
  override readonly name = 'NoLaunchError';
}

/** Throws {@link NoLaunchError}. */
export function readLaunch(folder: string, snapshot: SnapshotFile, boot: string): Launch {
  const path = inFolder.fleet(folder);
  let why: string;
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    // Written by this program, in a private folder; earlier versions did not write `clients`.
    if (isLaunch(value)) return {clients: [], ...value};
    why = 'it does not describe a fleet';
  } catch (error) {
    why = messageOf(error);
  }
  const found = launchIn(snapshot, boot);
  if (found !== null) return found;
  throw new NoLaunchError(
    `${path} can't be read (${why}), and no saved state describes the fleet. \`brood down\` ends what is running; \`brood up\` starts the fleet again`,
  );
}

const isLaunch = (value: unknown): value is Omit<Launch, 'clients'> =>
  isObject(value) && typeof value['launch'] === 'string' && isObject(value['spec']);

/** Returns null if this boot has no intact state, or one of a version that did not record the launch. */
function launchIn(snapshot: SnapshotFile, boot: string): Launch | null {
  try {
    const {text, changes} = snapshot.readSnapshot();
    const found = text === null ? null : decodeFound(text, changes, boot);
    if (!found?.saved.fleet) return null;
    const {fleet, launch, attached, clients} = found.saved;
    const {core} = restoreCore(found.core, coreOptions);
    return {...fleet, launch, spec: core.fleet(), only: null, attached, clients};
  } catch {
    return null; // the caller throws NoLaunchError
  }
}
