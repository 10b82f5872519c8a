/**
 * The kinds of readiness, by how each is found out: a line a kind. What is asked has a probe in src/controller/probes; how it
 * is written in a fleet file, src/fleet/schema/probes.ts says.
 */
import type {Readiness, ReadinessKind, WorkerSpec} from './types.ts';

/**
 * `asked`: somebody asks again and again. `socket`, `descriptor`: the worker says so, by sd_notify(3) or to a descriptor of its
 * own (`fd`). `timed`: it is when it has run for so long (`delayMs`).
 */
type Way = 'asked' | 'socket' | 'descriptor' | 'timed';

const WAYS = {
  log: 'asked',
  tcp: 'asked',
  exec: 'asked',
  http: 'asked',
  after: 'timed',
  notify: 'socket',
  fd: 'descriptor',
} as const satisfies {readonly [K in ReadinessKind]: Way};

/** The kinds that have a probe. */
export type AskedKind = {
  [K in ReadinessKind]: (typeof WAYS)[K] extends 'asked' ? K : never;
}[ReadinessKind];
export type AskedReadiness = Extract<Readiness, {readonly kind: AskedKind}>;

type Ready = Pick<WorkerSpec, 'ready'>;

const wayOf = (readiness: Readiness | null): Way | null => readiness && WAYS[readiness.kind];

/** Whether somebody has to be asked if it is ready; else it says so, or is when it was spawned, or some time after. */
export const isAsked = (readiness: Readiness | null): readiness is AskedReadiness => wayOf(readiness) === 'asked';

/** Whether it says by itself that it is ready. */
export const saysReady = ({ready}: Ready): boolean => wayOf(ready) === 'socket' || wayOf(ready) === 'descriptor';

/** Whether it says how it is by sd_notify(3): that it is ready, or that its watchdog is fed. */
export const usesNotify = ({ready, watchdogMs}: Pick<WorkerSpec, 'ready' | 'watchdogMs'>): boolean =>
  watchdogMs !== null || wayOf(ready) === 'socket';

/** The descriptor to which it writes that it is ready; null: there is none. */
export const readyDescriptor = ({ready}: Ready): number | null => (ready !== null && 'fd' in ready ? ready.fd : null);

/** How long it must have run to be ready (ms); null: that is no matter of time. */
export const readyDelay = ({ready}: Ready): number | null =>
  ready !== null && 'delayMs' in ready ? ready.delayMs : null;
