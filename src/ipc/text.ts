/** Files of /proc as text. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {isShortage} from '../process/stat.ts';

/**
 * A file below `root`, a byte a character; null where it can't be read.
 *
 * @throws where this process has no descriptor or memory left: that says nothing of what it looks at.
 */
export function textOf(root: string, ...path: readonly (string | number)[]): string | null {
  try {
    return readFileSync(join(root, ...path.map(String)), 'latin1');
  } catch (error) {
    if (isShortage(error)) throw error;
    return null;
  }
}
