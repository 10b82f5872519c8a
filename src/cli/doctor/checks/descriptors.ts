/** Checks the free descriptors of the supervisor: each run needs some of the keeper's. */
import {readdirSync} from 'node:fs';
import {softOpenFiles} from '../../../process/proc-files.ts';
import type {Check} from '../target.ts';

const LOW_SHARE = 0.8;

function openFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null; // the process belongs to another user, or is gone
  }
}

export const descriptors: Check = ({supervisor}) =>
  (
    [
      ['keeper', supervisor.pid],
      ['controller', supervisor.controller],
    ] as const
  ).flatMap(([name, pid]) => {
    const open = openFiles(pid);
    const limit = softOpenFiles(pid);
    if (open === null || limit === null || open < limit * LOW_SHARE) return [];
    return [
      {
        kind: 'descriptors-low',
        worker: null,
        message: `the ${name} (pid ${pid}) uses ${open} of its ${limit} descriptors: when none is left, no worker can be started`,
        advice:
          'Raise the limit where the supervisor is started (`ulimit -n`, or LimitNOFILE= of its unit), then run `brood upgrade`, or `brood down` and `brood up`.',
      },
    ];
  });
