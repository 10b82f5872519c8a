/** One alarm per run, with the semantics of alarm(2): a later one replaces an earlier one, and 0 seconds cancel it. */
import {line, ofRun} from './journal.ts';
import {withRun} from './run.ts';

export const alarm = withRun<'alarm'>((instance, run, {seconds}, {now}) => {
  if (seconds > 0) {
    const set = {...instance, run: {...run, alarmAt: now.mono + seconds * 1000}};
    return [set, [line({type: 'alarm-set', ...ofRun(instance), seconds})]];
  }
  if (run.alarmAt === null) return [instance, []];
  return [{...instance, run: {...run, alarmAt: null}}, [line({type: 'alarm-cancelled', ...ofRun(instance)})]];
});

export const alarmDue = withRun<'alarm-due'>((instance, run) => [
  {...instance, run: {...run, alarmAt: null}},
  [{type: 'signal', token: run.token, signal: 'SIGALRM'}, line({type: 'alarm-fired', ...ofRun(instance)})],
]);
