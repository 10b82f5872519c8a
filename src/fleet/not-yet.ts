import {fleetKeys} from './schema/fleet.ts';
import {channel} from './schema/channels.ts';
import {workerKeys} from './schema/worker.ts';
import {laterKeys} from './check/table.ts';
import type {FleetSpec} from './types.ts';

/**
 * What a fleet asks for that has no effect yet, e.g. `web.watchdog has no effect yet`. For fleets that come without a file;
 * the problems of a parsed file say the same, each at its place.
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
