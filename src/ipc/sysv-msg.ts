/**
 * System V message queues (msgget(2)): the kernel records the last sender and the last receiver, and shows the waiters.
 */
import type {ChannelKind} from './channel-kind.ts';
import type {Snapshot} from './snapshot.ts';
import {columnOf, keyOf, parseTable, stillIs, type Row} from './system-v.ts';
import type {Channel, End} from './types.ts';
import {waitersFor} from './waiters.ts';

export const sysvMsg: ChannelKind = {
  kind: 'sysv-msg',
  needs: [],
  read(snapshot) {
    return parseTable(snapshot.text(null, 'sysvipc/msg') ?? '').map(row => channelOf(snapshot, row));
  },
};

function channelOf(snapshot: Snapshot, row: Row): Channel {
  const receivers = waitersFor(snapshot, ['msgrcv'], columnOf(row, 'msqid'));
  const senders = waitersFor(snapshot, ['msgsnd'], columnOf(row, 'msqid'));
  const lastSender = columnOf(row, 'lspid');
  const lastReceiver = columnOf(row, 'lrpid');
  const writers = new Set(senders);
  const readers = new Set(receivers);
  if (stillIs(snapshot, lastSender, columnOf(row, 'stime'))) writers.add(lastSender);
  if (stillIs(snapshot, lastReceiver, columnOf(row, 'rtime'))) readers.add(lastReceiver);
  const pids = [...new Set([...writers, ...readers])];
  return {
    kind: 'sysv-msg',
    id: `sysv-msg:[${row['msqid'] ?? ''}]`,
    name: keyOf(row),
    ends: pids.map((pid): End => ({pid, fd: null, mode: writers.has(pid) ? (readers.has(pid) ? 'rw' : 'w') : 'r'})),
    detail: {
      messages: columnOf(row, 'qnum'),
      bytes: columnOf(row, 'cbytes'),
      lastSender,
      lastReceiver,
      waiters: [...receivers, ...senders],
    },
  };
}
