/** How a heart begins. */
import type {FleetSpec} from '../fleet/types.ts';
import {headOf} from './fleet/head.ts';
import {Roster} from './fleet/roster.ts';
import {Heart} from './heart.ts';
import {newInstance} from './instance/instance.ts';
import type {HeartOptions} from './options.ts';

/** A new heart for a fleet: all is wanted up, and begins with the first {@link Heart.handle}. */
export function createHeart(fleet: FleetSpec, options: HeartOptions): Heart {
  const roster = new Roster();
  for (const spec of fleet.workers) {
    const member = roster.addMember(spec, false);
    for (let number = 1; number <= spec.instances; number++) {
      roster.addCell(member, newInstance(spec.name, number, 'up'));
    }
  }
  roster.regroup(fleet.groups);
  return new Heart(headOf(fleet), 'no', roster, options);
}
