import {accessSync, constants, statSync} from 'node:fs';

/** What keeps a path from being watched, in words that follow it; null: nothing. */
export function whyUnwatchable(path: string): string | null {
  try {
    const isFolder = statSync(path).isDirectory();
    accessSync(path, isFolder ? constants.R_OK | constants.X_OK : constants.R_OK);
    return null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    return code === 'ENOENT' ? 'does not exist: it is watched from when it does' : `can't be watched (${code})`;
  }
}
