import {fleetKeys} from './schema/fleet.ts';
import {channel} from './schema/channels.ts';
import {workerKeys} from './schema/worker.ts';
import {laterKeys} from './check/table.ts';
import type {FleetSpec} from './types.ts';

/**
 * Lists the parts of a fleet that have no effect yet, e.g. `web.watchdog has no effect yet`. For fleets without a file;
 * a parsed file reports the same as problems, each at its place.
 */
export function noEffectYet(fleet: FleetSpec): readonly string[] {
  const {groups} = fleetKeys;
  const used = [
    ...fleet.workers.flatMap(worker => laterKeys(workerKeys, worker).map(rest => `${worker.name}${rest}`)),
    ...(groups.later && fleet.groups.length > 0 ? ['groups'] : []),
    ...fleet.channels.flatMap(({name, ...spec}) =>
      (channel.later?.(spec) ?? []).map(rest => `channels.${name}${rest}`),
    ),
  ];
  return used.map(what => `${what} has no effect yet`);
}
