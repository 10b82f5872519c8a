/** Passes a file change to the instances that it concerns. */
import {isOpen} from '../instance/ending.ts';
import type {FleetChange} from './fleet-change.ts';
import type {Input, Instance} from '../types.ts';

export function takeChange({ids, path, files}: Extract<Input, {type: 'file-changed'}>, change: FleetChange): void {
  const cells = ids.flatMap(id => change.roster.cells.get(id) ?? []);
  const concerned = cells.filter(({instance, member}) => isConcerned(instance, member.spec.schedule !== null));
  change.withdraw(concerned.map(({instance}) => instance.id));
  for (const cell of concerned) {
    const {worker, number: instance} = cell.instance;
    change.roster.groups.forgive(worker);
    change.journal({type: 'file-changed', worker, instance, path, files});
    change.apply(cell, {type: 'file-changed', path});
  }
}

function isConcerned({wanted, status, run, leaving}: Instance, isScheduled: boolean): boolean {
  if (wanted === 'down' || leaving || status === 'pending') return false;
  // A paused run must stay as it is.
  if (run !== null) return run.pausedAt === null && (run.ending === null || isOpen(run.ending));
  // A scheduled instance starts at its own time.
  return status !== 'stopping' && !isScheduled;
}
