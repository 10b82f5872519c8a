import type {FleetSpec} from '../../fleet/types.ts';

/** What the core knows of the fleet beside its workers. */
export type FleetHead = Omit<FleetSpec, 'workers'>;

/** Whether everything is being stopped: not, in order, or all at once. */
export type Stopping = 'no' | 'in-order' | 'now';

export function headOf({name, file, dir, groups, channels}: FleetSpec): FleetHead {
  return {name, file, dir, groups, channels};
}
