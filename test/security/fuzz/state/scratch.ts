/** A temporary folder for parsers that read files, and one file in it for those that read a descriptor. */
import {closeSync, existsSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

/** In memory if possible: a disk would take most of the time. */
export const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'brood-fuzz-'));
mkdirSync(join(folder, 'runs'));
const scratch = openSync(join(folder, 'scratch'), 'w+');

export function removeStateFolder(): void {
  closeSync(scratch);
  rmSync(folder, {recursive: true, force: true});
}

/** Writes an input to the file. Returns its descriptor. */
export function inFile(input: Buffer): number {
  ftruncateSync(scratch, 0);
  writeSync(scratch, input, 0, input.length, 0);
  return scratch;
}
