/** Handles notifications of a run other than readiness. */
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';

/** Makes another process of the run the main one, whose exit ends the run. */
export const mainProcess = withRun<'main-process'>((instance, run, {pid, startTime}) => {
  if (run.pid === null || (run.pid === pid && run.startTime === startTime)) return [instance, []];
  const moved = {...instance, run: {...run, pid, startTime}};
  return [moved, [line({type: 'main-process', ...ofRun(moved), before: run.pid})]];
});

/** Extends the deadlines for readiness and for the whole run. Never shortens them. */
export const extend = withRun<'extend'>((instance, run, {ms}, {now}) => {
  const later = (at: number | null): number | null => (at === null ? null : Math.max(at, now.mono + ms));
  const {readyBy, endAt} = run;
  const extended = {...run, readyBy: later(readyBy), endAt: later(endAt)};
  return extended.readyBy === readyBy && extended.endAt === endAt ? [instance, []] : [{...instance, run: extended}, []];
});
