/** Checks the free space on the disk of state and logs. */
import {statfsSync} from 'node:fs';
import {formatBytes} from '../../../base/format.ts';
import type {Check} from '../target.ts';

const LOW_BYTES = 256 * 1024 * 1024;
const LOW_SHARE = 0.02;

export const disk: Check = ({folder}) => {
  const {bsize, blocks, bavail, files, ffree} = statfsSync(folder);
  const left = bsize * bavail;
  const isLow = left < LOW_BYTES || bavail < blocks * LOW_SHARE;
  // Some file systems have no fixed number of inodes and report 0.
  const fewInodes = files > 0 && ffree < files * LOW_SHARE;
  if (!isLow && !fewInodes) return [];
  const what = isLow ? `${formatBytes(left)} of ${formatBytes(bsize * blocks)}` : `${ffree} of ${files} inodes`;
  return [
    {
      kind: 'disk-low',
      worker: null,
      message: `${what} are left on the disk of ${folder}: when it is full, workers block as they write, and changes are rejected`,
      advice:
        'Free some space, or reduce `logs: {max_size, keep, max_age}` of the workers that write most (`du -s` of the folder logs shows them).',
    },
  ];
};
