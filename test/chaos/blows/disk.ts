/** Fills the disk for a while. */
import {closeSync, openSync, rmSync, statSync, truncateSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import type {Blow} from '../blow.ts';

const MIB = 1024 * 1024;

/** Fills a file system to its last byte. */
export function fill(path: string): void {
  const fd = openSync(path, 'a');
  for (const size of [4 * MIB, 4096, 1]) {
    const bytes = Buffer.alloc(size, 'x');
    try {
      for (;;) writeSync(fd, bytes);
    } catch {
      // The disk is full.
    }
  }
  closeSync(fd);
}

export const fillDisk: Blow = {
  name: 'fill the disk',
  weight: 4,
  impossible: ({arena}) => (arena.ownDisk ? null : 'only root can mount a small disk to fill'),
  draw(dice) {
    const ms = 100 + dice.int(3000);
    // Sometimes leave a little room, which runs out in the middle of an operation.
    const left = dice.chance(0.5) ? 4096 * (1 + dice.int(50)) : 0;
    return {
      words: `the disk is full${left > 0 ? ` but for ${left} bytes` : ''} for ${ms} ms`,
      strike(field) {
        const path = join(field.arena.home, 'filler');
        fill(path);
        if (left > 0) truncateSync(path, Math.max(0, statSync(path).size - left));
        field.undoAfter(ms, () => rmSync(path, {force: true}));
      },
    };
  },
};
