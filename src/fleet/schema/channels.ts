/** Channels: the syntax of each kind in a fleet file. */
import type {Check} from '../check/check.ts';
import {boolean, flag} from '../check/collections.ts';
import {integer, size} from '../check/numbers.ts';
import {key, mapping, required} from '../check/table.ts';
import {listenAddress, name} from '../check/texts.ts';
import {field, variant} from '../check/variant.ts';
import type {ChannelSpec} from '../types.ts';

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
