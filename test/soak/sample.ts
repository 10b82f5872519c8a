/** Samples the holdings of keeper, controller, anchor and the fleet's folder, from outside. */
import {readdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs';
import {basename, join, relative} from 'node:path';
import type {Allowances} from './judge.ts';
import type {SoakFleet} from './place.ts';
import {until} from '../end-to-end/harness.ts';

const MIB = 1024 * 1024;
/** A probe without an answer within this time is a problem itself. */
const ANSWER_MS = 30_000;

/**
 * Tolerated growth from the second third to the last. A leak of 200 bytes of heap per restart, rotation or client, or
 * of one descriptor or file per hundred, exceeds it in ten minutes.
 */
export const ALLOWANCES: Allowances = [
  ['heap', {ratio: 1.02, plus: 0.3 * MIB}],
  ['buffers', {ratio: 1.1, plus: 0.5 * MIB}],
  ['memory', {ratio: 1.1, plus: 4 * MIB}],
  ['descriptors', {ratio: 1.03, plus: 6}],
  ['files', {ratio: 1.05, plus: 12}],
  ['bytes of the journal', {ratio: Infinity, plus: 0}], // limited by its rotation: JOURNAL_BYTES
  ['bytes of the index', {ratio: 1.1, plus: 32 * 1024}],
  ['bytes of runs', {ratio: 1.1, plus: 8 * 1024}],
  ['bytes', {ratio: 1.1, plus: 0.5 * MIB}],
  ['cgroups', {ratio: 1.1, plus: 6}],
];

/** Five files of 8 MiB, and the excess written before a file is found to be full. */
export const JOURNAL_BYTES = 5 * 8 * MIB + MIB;

interface Parts {
  readonly anchor: number | null;
  readonly keeper: number;
  readonly controller: number;
}

let asked = 0;

/** Takes one sample; doing so does not change the amounts. */
export async function look(fleet: SoakFleet, parts: Parts): Promise<Map<string, number>> {
  const amounts = new Map<string, number>();
  const request = String(++asked);
  writeFileSync(join(fleet.probes, 'ask.new'), request);
  renameSync(join(fleet.probes, 'ask.new'), join(fleet.probes, 'ask'));
  for (const [name, pid] of Object.entries(parts) as [string, number | null][]) {
    if (pid === null) continue;
    if (name !== 'anchor') {
      const {heapUsed, external} = await until(
        `an answer of the probe in the ${name}`,
        () => answerOf(fleet, pid, request),
        ANSWER_MS,
      );
      amounts.set(`heap of the ${name}`, heapUsed);
      amounts.set(`buffers of the ${name}`, external);
    }
    amounts.set(`memory (PSS) of the ${name}`, pssOf(pid));
    amounts.set(`descriptors of the ${name}`, readdirSync(`/proc/${pid}/fd`).length);
  }
  for (const [what, amount] of filesOf(fleet.state)) amounts.set(what, amount);
  amounts.set('cgroups', cgroupsOf(parts.keeper, fleet.state));
  return amounts;
}

function answerOf({probes}: SoakFleet, pid: number, request: string): {heapUsed: number; external: number} | null {
  const answer = JSON.parse(readFileSync(join(probes, `${pid}.json`), 'utf8')) as {
    asked: string;
    heapUsed: number;
    external: number;
  };
  return answer.asked === request ? answer : null;
}

/** Proportional set size in bytes (proc(5), smaps_rollup). */
const pssOf = (pid: number): number =>
  1024 * Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);

/** Returns the numbers of files and bytes, by kind. */
function filesOf(folder: string): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (what: string, amount: number): void => void sums.set(what, (sums.get(what) ?? 0) + amount);
  for (const entry of readdirSync(folder, {recursive: true, withFileTypes: true})) {
    if (!entry.isFile() && !entry.isFIFO() && !entry.isSocket()) continue;
    const path = join(entry.parentPath, entry.name);
    const kind = kindOf(relative(folder, path));
    add(`files ${kind}`, 1);
    add(`bytes ${kind}`, statSync(path, {throwIfNoEntry: false})?.size ?? 0);
  }
  return sums;
}

function kindOf(path: string): string {
  if (/^journal\./.test(path)) return 'of the journal';
  if (path.startsWith('logs/')) return path.endsWith('.idx') ? 'of the index of logs' : 'of logs';
  if (path.startsWith('runs/')) return 'of runs';
  return 'beside that';
}

/** Returns the number of cgroups of runs, if there are any (cgroups(7)). */
function cgroupsOf(keeper: number, folder: string): number {
  const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${keeper}/cgroup`, 'utf8'))?.[1];
  const mount = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find(line => / - cgroup2 /.test(line))
    ?.split(' ')[4];
  if (own === undefined || mount === undefined) return 0;
  try {
    // The keeper itself is in the cgroup prepared for the next run.
    const base = `brood-${basename(folder)}`;
    const all = readdirSync(join(mount, own.split(`/${base}/`)[0] ?? '', base), {withFileTypes: true});
    return all.filter(entry => entry.isDirectory()).length;
  } catch {
    return 0;
  }
}
