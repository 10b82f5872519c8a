/** The whole file: workers, groups, channels. */
import {basename} from 'node:path';
import {choice, list} from '../check/collections.ts';
import {name} from '../check/texts.ts';
import {makeName} from '../values/names.ts';
import {giveUp} from './run.ts';
import {channel} from './channels.ts';
import {worker} from './worker.ts';
import {key, mapping, required} from '../check/table.ts';
import type {FleetSpec, GroupSpec, GroupStrategy} from '../types.ts';
import {named} from '../check/variant.ts';

const groupKeys = {
  strategy: key(
    'strategy',
    choice<GroupStrategy>({
      'one-for-one': {doc: 'only that member'},
      'one-for-all': {doc: 'all members'},
      'rest-for-one': {doc: 'that member and those after it in `members`'},
    }),
    {
      or: 'one-for-one',
      doc: 'Which members are restarted when one fails.',
    },
  ),
  members: required('members', list(name, {atLeast: 1, unique: true}), {
    doc: 'Workers or groups. Each can be in only one group.',
    example: '[db, web]',
  }),
  give_up: key('giveUp', giveUp, {
    or: null,
    doc: 'When the group gives up and passes the failure to its parent group.',
    example: '{restarts: 3, within: 30s}',
  }),
};

type GroupValues = Omit<GroupSpec, 'name'>;
export const group = mapping<typeof groupKeys, GroupValues>(
  {title: 'A group', doc: 'Workers under one restart strategy.', keys: groupKeys},
  values => values,
);

export const fleetKeys = {
  fleet: key('name', name, {
    or: null,
    orText: 'the name of the file’s folder',
    doc: 'The name of the fleet.',
    example: 'shop',
  }),
  workers: required('workers', named({name: 'workers', example: '{web: {run: node server.js}}'}, name, worker), {
    doc: 'The programs to run, by name.',
  }),
  groups: key('groups', named({name: 'groups', example: '{backend: {members: [db, web]}}'}, name, group), {
    or: [],
    orText: 'none',
    doc: 'Groups of workers, by name.',
  }),
  channels: key('channels', named({name: 'channels', example: '{jobs: {queue: {capacity: 100}}}'}, name, channel), {
    or: [],
    orText: 'none',
    doc: 'Channels, by name.',
  }),
};

/** The keys of the file itself. Keys named `x-…` are skipped; they hold anchors. */
export const fleet = mapping<typeof fleetKeys, Omit<FleetSpec, 'file'>>(
  {
    title: 'The file',
    doc: 'A YAML 1.2 document, by default `brood.yaml`. Keys that begin with `x-` are ignored; use them to hold anchors.',
    keys: fleetKeys,
  },
  ({name: given, ...rest}, _found, {dir}) => ({...rest, name: given ?? fleetName(dir), dir}),
);

/** Returns the default name of a fleet. */
export function fleetName(dir: string): string {
  return makeName(basename(dir), 'fleet');
}
