/** The two files of a snapshot, and damage to them. */
import {writeFileSync} from 'node:fs';

export const HALVES = [0, 1] as const;

export function overwrite(path: string, image: Buffer, at: number, byte: number): void {
  const copy = Buffer.from(image);
  copy[at] = byte;
  writeFileSync(path, copy);
}
