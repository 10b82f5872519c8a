/** Keeps the records of runs on disk: without a record, a later keeper would not find a living run. */
import {lstatSync, mkdirSync} from 'node:fs';
import {recordPath, removeTornRewrites, rewriteRecord} from './record.ts';
import {lookAtRecord} from './marks.ts';
import type {Runs} from './runs.ts';
import type {Run} from './run.ts';

/** The most runs that a message names; it counts the others. */
const MOST_NAMED = 10;

export class RecordCare {
  readonly #folder: string;
  readonly #runs: Runs;
  #isFirst = true;

  constructor(folder: string, runs: Runs) {
    this.#folder = folder;
    this.#runs = runs;
  }

  /**
   * Rewrites records that are missing or were changed by others. Returns a description of them, or null. Throws file
   * system errors.
   */
  repairRecords(): string | null {
    const isGone = lstatSync(this.#folder, {throwIfNoEntry: false}) === undefined;
    if (isGone) mkdirSync(this.#folder, {mode: 0o700});
    if (this.#isFirst) removeTornRewrites(this.#folder);
    this.#isFirst = false;
    const wrong: Record<'gone' | 'changed', string[]> = {gone: [], changed: []};
    let failure: Error | null = null;
    for (const run of this.#runs.all()) {
      // No record may remain of a run that could not be started.
      if (run.intent === null || run.failure !== null) continue;
      try {
        const found = lookAtRecord(recordPath(this.#folder, run.token));
        if (found === 'same') continue;
        rewrite(this.#folder, run);
        wrong[found].push(run.id);
      } catch (error) {
        // A record that can't be written does not prevent the repair of others.
        failure ??= error instanceof Error ? error : new Error(String(error));
      }
    }
    const parts = (['gone', 'changed'] as const).flatMap(how =>
      wrong[how].length > 0 ? [inWords(how, wrong[how])] : [],
    );
    if (parts.length > 0) return parts.join('; ');
    // Repairs are reported first, the failure at the next check.
    if (failure !== null) throw failure;
    return isGone ? `${this.#folder} was removed` : null;
  }
}

function inWords(how: 'gone' | 'changed', ids: readonly string[]): string {
  const others = ids.length - MOST_NAMED;
  const named = ids.slice(0, MOST_NAMED).join(', ') + (others > 0 ? ` and ${others} others` : '');
  return `the records of ${named} ${how === 'gone' ? 'were removed' : 'were changed by another process'}`;
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
