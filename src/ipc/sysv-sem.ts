/**
 * System V semaphores (semget(2)). The kernel reports how many processes wait for each, and, to users who may inspect
 * these processes, which ones.
 */
import {semaphoreState, type SemaphoreState} from '../posix/system-v.ts';
import type {ChannelKind} from './channel-kind.ts';
import type {Snapshot} from './snapshot.ts';
import {PROC} from './source.ts';
import {columnOf, keyOf, parseTable, stillIs, type Row} from './system-v.ts';
import type {Channel} from './types.ts';
import {waitersFor} from './waiters.ts';

/** Maximum number of semaphores that are read of a set. */
const MOST = 256;

export const sysvSem: ChannelKind = {
  kind: 'sysv-sem',
  needs: [],
  read(snapshot) {
    return parseTable(snapshot.text(null, 'sysvipc/sem') ?? '').map(row => channelOf(snapshot, row));
  },
};

/** Returns null if this user may not read them, and for a recorded tree. */
function statesOf({root}: Snapshot, row: Row): SemaphoreState[] | null {
  if (root !== PROC) return null;
  const states: SemaphoreState[] = [];
  for (let number = 0; number < Math.min(columnOf(row, 'nsems'), MOST); number++) {
    const state = semaphoreState(columnOf(row, 'semid'), number);
    if (state === 'denied') return null;
    if (state !== null) states.push(state);
  }
  return states;
}

const waitersOf = (states: readonly SemaphoreState[] | null): number | null =>
  states?.reduce((sum, {waiting, waitingForZero}) => sum + waiting + waitingForZero, 0) ?? null;

function channelOf(snapshot: Snapshot, row: Row): Channel {
  const states = statesOf(snapshot, row);
  const isWaitedFor = waitersOf(states) !== 0;
  const waiting = isWaitedFor ? waitersFor(snapshot, ['semop', 'semtimedop'], columnOf(row, 'semid')) : [];
  const last = columnOf(row, 'otime');
  const users = (states ?? []).map(({lastPid}) => lastPid).filter(pid => stillIs(snapshot, pid, last));
  return {
    kind: 'sysv-sem',
    id: `sysv-sem:[${row['semid'] ?? ''}]`,
    name: keyOf(row),
    ends: [...new Set([...users, ...waiting])].map(pid => ({pid, fd: null, mode: 'rw'})),
    detail: {
      semaphores: columnOf(row, 'nsems'),
      ...(states === null
        ? {denied: true}
        : {values: states.map(({value}) => value), waiting: waitersOf(states), waiters: waiting}),
    },
  };
}
