/** Channels between the simulated processes. */
import type {Channels} from '../../src/ipc/graph.ts';
import type {Channel, ChannelProcess} from '../../src/ipc/types.ts';
import {PROCESSES, ticks} from './golden-processes.ts';

const CHANNELS: readonly Channel[] = [
  {
    kind: 'pipe',
    id: 'pipe:[11]',
    name: null,
    ends: [
      {pid: 4300, fd: 4, mode: 'w'},
      {pid: 4302, fd: 0, mode: 'r'},
    ],
    detail: {},
  },
  {
    kind: 'fifo',
    id: 'fifo:[12]',
    name: '/var/lib/brood/shop/runs/0f0f.out',
    ends: [
      {pid: 4200, fd: 1, mode: 'rw'},
      {pid: 4001, fd: 21, mode: 'r'},
    ],
    detail: {},
  },
  {
    kind: 'fifo',
    id: 'fifo:[13]',
    name: '/var/lib/brood/shop/runs/0f0f.err',
    ends: [
      {pid: 4200, fd: 2, mode: 'rw'},
      {pid: 4001, fd: 22, mode: 'r'},
    ],
    detail: {},
  },
  {
    kind: 'tcp',
    id: 'tcp:[14,15]',
    name: '10.0.0.7:51234 10.0.0.7:5432',
    ends: [
      {pid: 4200, fd: 18, mode: 'rw', socket: 14},
      {pid: 4102, fd: 9, mode: 'rw', socket: 15},
    ],
    detail: {state: 'ESTABLISHED'},
  },
  {
    kind: 'shm',
    id: 'shm:16',
    name: '/dev/shm/PostgreSQL.1',
    ends: [
      {pid: 4100, fd: null, mode: 'rw'},
      {pid: 4101, fd: null, mode: 'rw'},
      {pid: 4102, fd: null, mode: 'rw'},
    ],
    detail: {bytes: 148_000_000},
  },
  {
    kind: 'lock',
    id: 'lock:17',
    name: null,
    ends: [
      {pid: 4101, fd: 5, mode: 'rw'},
      {pid: 4102, fd: 5, mode: 'rw'},
    ],
    detail: {lock: 'data/base/1', holders: [4101], waiters: [4102]},
  },
  {kind: 'eventfd', id: 'eventfd:18', name: null, ends: [{pid: 4002, fd: 7, mode: 'rw'}], detail: {}},
  {
    kind: 'signal',
    id: 'signal:4200',
    name: null,
    ends: [{pid: 4200, fd: null, mode: 'rw'}],
    detail: {pending: [], blocked: ['SIGUSR1'], ignored: ['SIGPIPE'], caught: ['SIGINT', 'SIGTERM']},
  },
];

export const channels = ({pids = null}: {readonly pids?: ReadonlySet<number> | null} = {}): Channels => {
  const chosen = CHANNELS.filter(({ends}) => pids === null || ends.some(({pid}) => pids.has(pid)));
  const there = new Set(chosen.flatMap(({ends}) => ends.map(({pid}) => pid)));
  const processes: ChannelProcess[] = PROCESSES.filter(({pid}) => there.has(pid)).map(one => ({
    pid: one.pid,
    name: one.name,
    startTime: String(ticks(one)),
  }));
  return {channels: chosen, processes, denied: [310], hidden: false};
};
