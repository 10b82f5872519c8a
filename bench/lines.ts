/** Compares the lines that the workers wrote with those in the supervisor's log files. */
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

export interface Lines {
  readonly written: number;
  /** Lines that were written and are in no log file. */
  readonly lost: number;
  /** Lost lines of processes that the measurement itself killed. */
  readonly lostOfKilled: number;
  /** Lines that are in the log files more than once. */
  readonly repeated: number;
  /** Lines that follow a later line of the same worker. */
  readonly disordered: number;
}

/** @param counts the number of the last line of each process, by pid */
export function account(
  counts: ReadonlyMap<number, number>,
  logs: readonly string[],
  killed: ReadonlySet<number> = new Set(),
): Lines {
  const logged = new Map<number, number[]>();
  for (const log of logs)
    for (const [, pid, number] of log.matchAll(/^.*\bline (\d+) (\d+) of \S+$/gm)) {
      const numbers = logged.get(Number(pid));
      if (numbers) numbers.push(Number(number));
      else logged.set(Number(pid), [Number(number)]);
    }
  let [written, lost, lostOfKilled, repeated, disordered] = [0, 0, 0, 0, 0];
  for (const [pid, count] of counts) {
    const seen = new Set<number>();
    let last = 0;
    for (const number of logged.get(pid) ?? []) {
      if (seen.has(number)) repeated++;
      else if (number < last) disordered++;
      seen.add(number);
      last = Math.max(last, number);
    }
    written += count;
    // A worker killed between the write and its count has written one line more, which is ignored.
    let missing = 0;
    for (let number = 1; number <= count; number++) if (!seen.has(number)) missing++;
    lost += missing;
    if (killed.has(pid)) lostOfKilled += missing;
  }
  return {written, lost, lostOfKilled, repeated, disordered};
}

const POLL_MS = 250;
/** Lines still missing after so long without a new one count as lost. */
const SETTLED_MS = 5000;

/** The workers' own counts in one folder, and the log files in another folder whose paths match. */
export class Ledger {
  readonly counts: string;
  readonly #folder: string;
  readonly #logs: RegExp;

  constructor(counts: string, folder: string, logs: RegExp) {
    this.counts = counts;
    this.#folder = folder;
    this.#logs = logs;
  }

  /** Makes the workers stop writing, waits until pending lines have arrived, and compares. */
  async close(killed: ReadonlySet<number>): Promise<Lines> {
    writeFileSync(join(this.counts, 'quiet'), '');
    let before = '';
    let since = performance.now();
    for (;;) {
      const lines = this.#read(killed);
      if (JSON.stringify(lines) !== before) since = performance.now();
      before = JSON.stringify(lines);
      const quiet = performance.now() - since;
      if (quiet > SETTLED_MS || (lines.lost === 0 && quiet > 2 * POLL_MS)) return lines;
      await delay(POLL_MS);
    }
  }

  #read(killed: ReadonlySet<number>): Lines {
    const pids = readdirSync(this.counts).filter(name => /^\d+$/.test(name));
    const counts = new Map(pids.map(pid => [Number(pid), Number(readFileSync(join(this.counts, pid), 'latin1'))]));
    const files = readdirSync(this.#folder, {recursive: true, encoding: 'utf8'})
      .map(path => join(this.#folder, path))
      .filter(path => this.#logs.test(path) && statSync(path).isFile())
      .sort();
    return account(
      counts,
      files.map(file => readFileSync(file, 'latin1')),
      killed,
    );
  }
}
