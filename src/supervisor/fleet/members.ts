/** Adds workers and instances to the fleet and removes them. */
import type {WorkerSpec} from '../../fleet/types.ts';
import type {FleetChange} from './fleet-change.ts';
import {newInstance} from '../instance/instance.ts';
import type {Member} from './cell.ts';

/** Adds a worker at the end. Returns false if a worker of that name exists and is not leaving. */
export function addWorker(spec: WorkerSpec, added: boolean, change: FleetChange): boolean {
  const {roster} = change;
  const known = roster.members.get(spec.name);
  if (known !== undefined && !known.removed) return false;
  const member = known ?? roster.addMember(spec, added);
  member.spec = spec;
  roster.redefined(member);
  member.added = added;
  member.removed = false;
  resize(member, spec.instances, change, 'up');
  change.define(change.head);
  roster.link();
  return true;
}

/** Stops all instances of a worker, which leaves with them. Returns false if there is no such worker. */
export function removeWorker(name: string, change: FleetChange): boolean {
  const {roster} = change;
  const member = roster.members.get(name);
  if (member === undefined || member.removed) return false;
  member.removed = true;
  roster.redefined(member);
  change.define(change.head);
  resize(member, 0, change);
  if (member.cells.length === 0) roster.removeMember(member);
  return true;
}

/**
 * Sets the number of instances: new ones get the lowest free numbers, and the highest numbers leave. Returns false if
 * the number is unchanged. New instances are wanted like the others: those of a worker that was stopped by command do
 * not start.
 */
export function resize(member: Member, instances: number, change: FleetChange, wanted = wantedOf(member)): boolean {
  const staying = member.cells.filter(({instance}) => !instance.leaving);
  if (staying.length === instances) return false;
  for (const cell of staying.slice(instances)) change.apply(cell, {type: 'stop', leave: true});
  const taken = new Set(staying.map(({instance}) => instance.number));
  for (let number = 1, missing = instances - staying.length; missing > 0; number++) {
    if (taken.has(number)) continue;
    missing--;
    const leaving = change.roster.cells.get(`${member.spec.name}/${number}`);
    if (leaving === undefined) change.roster.addCell(member, newInstance(member.spec.name, number, wanted));
    else if (wanted === 'down') change.apply(leaving, {type: 'stop', leave: false});
    // A new run, since the current one may have started with an outdated definition.
    else change.apply(leaving, {type: 'restart', why: 'changed', stay: true});
  }
  return true;
}

function wantedOf({cells, counts}: Member): 'up' | 'down' {
  const stopped = counts.wantedUp === 0 && cells.some(({instance}) => !instance.leaving);
  return stopped ? 'down' : 'up';
}
