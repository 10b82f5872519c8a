/** The whole file: workers, groups, channels. */
import {basename} from 'node:path';
import type {Check} from '../check/check.ts';
import {boolean, choice, flag, list} from '../check/collections.ts';
import {integer, size} from '../check/numbers.ts';
import {listenAddress, name} from '../check/texts.ts';
import {makeName} from '../values/names.ts';
import {giveUp} from './run.ts';
import {worker} from './worker.ts';
import {key, mapping, required} from '../check/table.ts';
import type {ChannelSpec, FleetSpec, GroupSpec, GroupStrategy} from '../types.ts';
import {field, named, variant} from '../check/variant.ts';

const groupKeys = {
  strategy: key(
    'strategy',
    choice<GroupStrategy>({
      'one-for-one': {doc: 'that one'},
      'one-for-all': {doc: 'all of them'},
      'rest-for-one': {doc: 'that one, and those after it in `members`'},
    }),
    {
      or: 'one-for-one',
      doc: 'Who is restarted when one of them fails.',
    },
  ),
  members: required('members', list(name, {atLeast: 1, unique: true}), {
    doc: 'Workers, or groups; each is in one group at most.',
    example: '[db, web]',
  }),
  give_up: key('giveUp', giveUp, {
    or: null,
    doc: 'When the group gives up, and hands the failure to the group above.',
    example: '{restarts: 3, within: 30s}',
  }),
};

type GroupValues = Omit<GroupSpec, 'name'>;
export const group = mapping<typeof groupKeys, GroupValues>(
  {title: 'A group', doc: 'Workers under one restart strategy.', keys: groupKeys},
  values => values,
);

const queueKeys = {
  capacity: key('capacity', integer({low: 1, high: 1_000_000_000}, 100), {
    or: 100,
    doc: 'How many values it holds; a put into a full queue waits.',
  }),
  durable: key('durable', boolean, {or: false, doc: 'Whether values survive a crash of the broker.'}),
  redeliver: key('redeliver', boolean, {or: false, doc: 'Whether what a dead consumer held is delivered again.'}),
};
const pipeKeys = {
  from: required('from', name, {doc: 'The worker that writes.', example: 'producer'}),
  to: required('to', name, {doc: 'The worker that reads.', example: 'consumer'}),
};

export const channel: Check<ChannelValues> = variant({
  title: 'A channel',
  doc: 'A way for workers to talk or to wait for each other: one of these.',
  kinds: {
    socket: {
      check: field('address', listenAddress),
      doc: 'A listening socket, TCP or unix, that every instance inherits.',
    },
    queue: {
      check: mapping({title: 'queue', doc: 'A queue of values.', keys: queueKeys}, values => values),
      later: true,
      doc: 'A queue of values.',
      example: '{capacity: 100, durable: true, redeliver: true}',
    },
    pipe: {
      check: mapping(
        {title: 'pipe', doc: 'A pipe from one worker to another.', keys: pipeKeys},
        (values, found, context) => {
          if (found.sound && values.from === values.to) {
            context.report.error(
              found.at('to'),
              `${found.spot.label}: from and to are both ${values.to}: expected two workers`,
            );
          }
          return values;
        },
      ),
      doc: 'A pipe from one worker to another. Every instance of both inherits it; `channels:` need not name it.',
      example: '{from: producer, to: consumer}',
    },
    semaphore: {
      check: field('count', integer({low: 1, high: 1_000_000}, 5)),
      later: true,
      doc: 'A counting semaphore with so many places.',
    },
    lock: {check: flag, doc: 'A lock.', later: true},
    event: {check: flag, doc: 'An event to wait for.', later: true},
    shm: {check: field('bytes', size({low: 1, example: '4MiB'})), doc: 'Shared memory of this size.', later: true},
  },
  keys: {},
});
type ChannelValues = ChannelSpec extends infer C ? (C extends ChannelSpec ? Omit<C, 'name'> : never) : never;

export const fleetKeys = {
  fleet: key('name', name, {
    or: null,
    orText: 'the name of its folder',
    doc: 'The name of the fleet.',
    example: 'shop',
  }),
  workers: required('workers', named({name: 'workers', example: '{web: {run: node server.js}}'}, name, worker), {
    doc: 'The programs to keep running, by name.',
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

/** The keys of the file itself, but for `x-…`, which are left to anchors. */
export const fleet = mapping<typeof fleetKeys, Omit<FleetSpec, 'file'>>(
  {
    title: 'The file',
    doc: 'A YAML 1.2 document, `brood.yaml` by habit. Keys that begin with `x-` are not read: a place for anchors.',
    keys: fleetKeys,
  },
  ({name: given, ...rest}, _found, {dir}) => ({...rest, name: given ?? fleetName(dir), dir}),
);

/** What a fleet is called that does not say so itself. */
export function fleetName(dir: string): string {
  return makeName(basename(dir), 'fleet');
}
