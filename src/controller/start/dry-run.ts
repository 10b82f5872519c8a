/** What a controller shows before it takes over from another: that it can read what that one leaves. */
import {messageOf} from '../../base/errors.ts';
import {tryCore} from './restore.ts';
import {SnapshotFile} from '../state/snapshot-file.ts';
import {readLaunch} from './read-launch.ts';
import {bootId} from '../../process/proc-files.ts';

/** Answers null, or why it can't take the folder over. Changes nothing. */
export function prepare(folder: string): string | null {
  try {
    const snapshot = new SnapshotFile(folder);
    tryCore(readLaunch(folder, snapshot, bootId()), snapshot, bootId());
    return null;
  } catch (error) {
    return messageOf(error);
  }
}
