/** The check before a controller takes over from another: it must be able to read the state of that one. */
import {messageOf} from '../../base/errors.ts';
import {tryCore} from './restore.ts';
import {SnapshotFile} from '../state/snapshot-file.ts';
import {readLaunch} from './read-launch.ts';
import {bootId} from '../../process/proc-files.ts';

/** Returns null, or why this controller can't take over the folder. Changes nothing. */
export function prepare(folder: string): string | null {
  try {
    const snapshot = new SnapshotFile(folder);
    tryCore(readLaunch(folder, snapshot, bootId()), snapshot, bootId());
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
