/** Creates a core for a new fleet. */
import type {FleetSpec} from '../fleet/types.ts';
import {headOf} from './fleet/head.ts';
import {Roster} from './fleet/roster.ts';
import {Core} from './core.ts';
import {newInstance} from './instance/instance.ts';
import type {CoreOptions} from './options.ts';

/** Creates a core for a fleet. All instances are wanted up, and start with the first {@link Core.handle}. */
export function createCore(fleet: FleetSpec, options: CoreOptions): Core {
  const roster = new Roster();
  for (const spec of fleet.workers) {
    const member = roster.addMember(spec, false);
    for (let number = 1; number <= spec.instances; number++) {
      roster.addCell(member, newInstance(spec.name, number, 'up'));
    }
  }
  roster.regroup(fleet.groups);
  return new Core(headOf(fleet), 'no', roster, options);
}
