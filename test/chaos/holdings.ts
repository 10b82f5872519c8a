/** The current holdings of keeper and controller, for the check of growth. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Allowance, Holding} from './checks/growth.ts';
import {identity, type Observation} from './observation.ts';

/** Descriptors: some per instance, and temporary ones. Memory: V8 releases what a flood took late. */
export const ALLOWANCES: Readonly<Record<string, Allowance>> = {
  descriptors: {ratio: 1.2, plus: 40},
  'KiB of memory': {ratio: 1.5, plus: 24 * 1024},
  'files of runs': {ratio: 1.5, plus: 100},
};

const count = (folder: string): number => readdirSync(folder).length;

/** Proportional set size in KiB (proc(5), smaps_rollup). */
const memoryOf = (pid: number): number =>
  Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);

export function holdingsOf({parts}: Observation, fleetFolder: string, instances: number): Holding[] {
  const all: Holding[] = [];
  for (const name of ['keeper', 'controller'] as const) {
    for (const part of parts[name]) {
      const holder = `${name} ${identity(part)}`;
      try {
        all.push({holder, what: 'descriptors', amount: count(`/proc/${part.pid}/fd`), instances});
        all.push({holder, what: 'KiB of memory', amount: memoryOf(part.pid), instances});
      } catch {
        // The process has just ended.
      }
    }
  }
  try {
    all.push({holder: 'folder', what: 'files of runs', amount: count(join(fleetFolder, 'runs')), instances});
  } catch {
    // There has been no run yet.
  }
  return all;
}
