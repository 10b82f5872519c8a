/**
 * What becomes of those that watch a file when it has changed: whoever is meant to run is started anew, also one that has
 * finished or has failed, for the change may be its cure. One that waits to begin has the change when it does.
 */
import type {Desk} from './commands.ts';
import {endRun, isOpen} from './ending.ts';
import type {Handler} from './events.ts';
import {withRun} from './run.ts';
import type {Input, Instance} from './types.ts';
import {again, anew} from './wishes.ts';

export function takeChange({ids, path, files}: Extract<Input, {type: 'file-changed'}>, desk: Desk): void {
  const cells = ids.flatMap(id => desk.roster.cells.get(id) ?? []);
  const concerned = cells.filter(({instance, member}) => isConcerned(instance, member.spec.schedule !== null));
  desk.withdraw(concerned.map(({instance}) => instance.id));
  for (const cell of concerned) {
    const {worker, number: instance} = cell.instance;
    desk.roster.groups.forgive(worker);
    desk.journal({type: 'file-changed', worker, instance, path, files});
    desk.apply(cell, {type: 'file-changed', path});
  }
}

function isConcerned({wanted, status, run, leaving}: Instance, isScheduled: boolean): boolean {
  if (wanted === 'down' || leaving || status === 'pending') return false;
  // Whoever paused it wants it to stay as it is.
  if (run !== null) return run.pausedAt === null && (run.ending === null || isOpen(run.ending));
  // What is scheduled has a time of its own to begin.
  return status !== 'stopping' && !isScheduled;
}

const words = (path: string): string => `${path} has changed`;

export const restingChange: Handler<'file-changed'> = instance => [anew(instance), []];

export const runningChange = withRun<'file-changed'>((instance, run, {path}, {spec}) =>
  endRun(instance, run, {why: 'watch', reason: words(path)}, spec),
);

/** The policy was to judge that end; now there is another reason to start again. */
export const stoppingChange: Handler<'file-changed'> = (instance, {path}) => [
  {...again(instance, 'watch'), reason: words(path)},
  [],
];
