/** What a run says of itself beside that it is ready. */
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';

/** Another of its processes is the main one: with it, or without it, the run stands and falls. */
export const mainProcess = withRun<'main-process'>((instance, run, {pid, startTime}) => {
  if (run.pid === null || (run.pid === pid && run.startTime === startTime)) return [instance, []];
  const moved = {...instance, run: {...run, pid, startTime}};
  return [moved, [line({type: 'main-process', ...ofRun(moved), before: run.pid})]];
});

/** It needs longer to get ready, or for its whole run. Nothing is cut short by that. */
export const extend = withRun<'extend'>((instance, run, {ms}, {now}) => {
  const later = (at: number | null): number | null => (at === null ? null : Math.max(at, now.mono + ms));
  const {readyBy, endAt} = run;
  const extended = {...run, readyBy: later(readyBy), endAt: later(endAt)};
  return extended.readyBy === readyBy && extended.endAt === endAt ? [instance, []] : [{...instance, run: extended}, []];
});
