import type {FleetSpec} from '../../fleet/types.ts';

/** The definition of the fleet without its workers. */
export type FleetHead = Omit<FleetSpec, 'workers'>;

/** Whether the fleet is being stopped: not, in order, or all at once. */
export type Stopping = 'no' | 'in-order' | 'now';

export function headOf({name, file, dir, groups, channels}: FleetSpec): FleetHead {
  return {name, file, dir, groups, channels};
}
