/** Keeps the records of runs on disk: without its record, a later keeper would not find a run that lives. */
import {lstatSync, mkdirSync, readdirSync} from 'node:fs';
import {recordName, removeTornRewrites, rewriteRecord} from './record.ts';
import type {Run, Runs} from './run.ts';

/** A folder that was changed within that time may be changed again without another time (the kernel's clock for files ticks). */
const SETTLED_MS = 1_000;

export class RecordCare {
  readonly #folder: string;
  readonly #runs: Runs;
  /** The folder as it was when all records were there; null: that is to be looked at. */
  #settled: string | null = null;

  constructor(folder: string, runs: Runs) {
    this.#folder = folder;
    this.#runs = runs;
  }

  /** Writes anew what is missing; answers what that was, in words. Throws what the file system refuses. */
  look(): string | null {
    let stats = lstatSync(this.#folder, {bigint: true, throwIfNoEntry: false});
    const isGone = stats === undefined;
    if (isGone) mkdirSync(this.#folder, {mode: 0o700});
    const mark = stats === undefined ? null : `${stats.dev} ${stats.ino} ${stats.mtimeNs}`;
    if (mark !== null && mark === this.#settled) return null;
    removeTornRewrites(this.#folder);
    const names = new Set(readdirSync(this.#folder));
    const missing = [...this.#runs.all()].filter(run => run.intent !== null && !names.has(recordName(run.token)));
    for (const run of missing) rewrite(this.#folder, run);
    stats = lstatSync(this.#folder, {bigint: true});
    const isOld = Date.now() - Number(stats.mtimeNs / 1_000_000n) > SETTLED_MS;
    this.#settled = missing.length === 0 && isOld ? `${stats.dev} ${stats.ino} ${stats.mtimeNs}` : null;
    if (missing.length === 0) return isGone ? `${this.#folder} had been removed` : null;
    return `the records of ${missing.map(({id}) => id).join(', ')} had been removed`;
  }
}

function rewrite(folder: string, run: Run): void {
  const {token, intent, pid, startTime, since, startedAt, cgroup, exit, notice, cleared} = run;
  if (intent === null) return;
  const isStarted = pid !== null && startTime !== null && startedAt !== null;
  rewriteRecord(folder, {
    token,
    intent,
    started: isStarted ? {pid, startTime, since, startedAt, cgroup} : null,
    exit,
    ready: notice?.ready === true,
    cleared,
  });
}
