/** Keeps the records of runs on disk: without its record, a later keeper would not find a run that lives. */
import {lstatSync, mkdirSync} from 'node:fs';
import {recordPath, removeTornRewrites, rewriteRecord} from './record.ts';
import {lookAtRecord} from './marks.ts';
import type {Runs} from './runs.ts';
import type {Run} from './run.ts';

/** As many as are named; of others it is said how many they are. */
const MOST_NAMED = 10;

export class RecordCare {
  readonly #folder: string;
  readonly #runs: Runs;
  #isFirst = true;

  constructor(folder: string, runs: Runs) {
    this.#folder = folder;
    this.#runs = runs;
  }

  /** Writes anew what is missing, or is not what this keeper has written; answers what that was, in words. Throws what the file system refuses. */
  repairRecords(): string | null {
    const isGone = lstatSync(this.#folder, {throwIfNoEntry: false}) === undefined;
    if (isGone) mkdirSync(this.#folder, {mode: 0o700});
    if (this.#isFirst) removeTornRewrites(this.#folder);
    this.#isFirst = false;
    const wrong: Record<'gone' | 'changed', string[]> = {gone: [], changed: []};
    let failure: Error | null = null;
    for (const run of this.#runs.all()) {
      // Of one that could not be started nothing is to be found.
      if (run.intent === null || run.failure !== null) continue;
      try {
        const found = lookAtRecord(recordPath(this.#folder, run.token));
        if (found === 'same') continue;
        rewrite(this.#folder, run);
        wrong[found].push(run.id);
      } catch (error) {
        // One that can't be written keeps no other from it.
        failure ??= error instanceof Error ? error : new Error(String(error));
      }
    }
    const parts = (['gone', 'changed'] as const).flatMap(how =>
      wrong[how].length > 0 ? [inWords(how, wrong[how])] : [],
    );
    if (parts.length > 0) return parts.join('; ');
    // What was written is told first, the rest at the next look.
    if (failure !== null) throw failure;
    return isGone ? `${this.#folder} had been removed` : null;
  }
}

function inWords(how: 'gone' | 'changed', ids: readonly string[]): string {
  const others = ids.length - MOST_NAMED;
  const named = ids.slice(0, MOST_NAMED).join(', ') + (others > 0 ? ` and ${others} others` : '');
  return `the records of ${named} ${how === 'gone' ? 'had been removed' : 'were not what the keeper had written any more'}`;
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
