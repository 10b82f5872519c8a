/** Channels: the syntax of each kind in a fleet file. */
import type {Check, Kind} from '../check/check.ts';
import {boolean, flag} from '../check/collections.ts';
import {integer, size} from '../check/numbers.ts';
import {key, mapping, required} from '../check/table.ts';
import {listenAddress, name} from '../check/texts.ts';
import {field, variant} from '../check/variant.ts';
import type {ChannelKind, ChannelSpec} from '../types.ts';

const queueKeys = {
  capacity: key('capacity', integer({low: 1, high: 1_000_000_000}, 100), {
    or: 100,
    doc: 'Maximum number of values; a put into a full queue waits.',
  }),
  durable: key('durable', boolean, {or: false, doc: 'Whether values survive a broker crash.'}),
  redeliver: key('redeliver', boolean, {
    or: false,
    doc: 'Whether values that a consumer held when it died are delivered again.',
  }),
};
const pipeKeys = {
  from: required('from', name, {doc: 'The writing worker.', example: 'producer'}),
  to: required('to', name, {doc: 'The reading worker.', example: 'consumer'}),
};

export const channel: Check<ChannelValues> = variant({
  title: 'A channel',
  doc: 'A means for workers to communicate or synchronize: one of these.',
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
              `${found.spot.label}: from and to are both ${values.to}: expected two different workers`,
            );
          }
          return values;
        },
      ),
      doc: 'A pipe from one worker to another. Every instance of both inherits it; it need not be listed in `channels:`.',
      example: '{from: producer, to: consumer}',
    },
    semaphore: {
      check: field('count', integer({low: 1, high: 1_000_000}, 5)),
      later: true,
      doc: 'A counting semaphore with this many permits.',
    },
    lock: {check: flag, doc: 'A lock.', later: true},
    event: {check: flag, doc: 'An event to wait for.', later: true},
    shm: {check: field('bytes', size({low: 1, example: '4MiB'})), doc: 'Shared memory of this size.', later: true},
  } satisfies Readonly<Record<ChannelKind, Kind>>,
  keys: {},
});
type ChannelValues = ChannelSpec extends infer C ? (C extends ChannelSpec ? Omit<C, 'name'> : never) : never;
