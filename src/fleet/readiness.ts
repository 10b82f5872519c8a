/**
 * The kinds of readiness and how each is detected, one kind per line. Kinds with a probe have it in
 * src/controller/probes; src/fleet/schema/probes.ts defines the syntax in the fleet file.
 */
import type {Readiness, ReadinessKind, WorkerSpec} from './types.ts';

/**
 * `asked`: a probe checks repeatedly. `socket`, `descriptor`: the worker reports it, by sd_notify(3) or on a descriptor
 * of its own (`fd`). `timed`: the worker is ready after it has run for `delayMs`.
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

/** The kinds with a probe. */
export type AskedKind = {
  [K in ReadinessKind]: (typeof WAYS)[K] extends 'asked' ? K : never;
}[ReadinessKind];
export type AskedReadiness = Extract<Readiness, {readonly kind: AskedKind}>;

type Ready = Pick<WorkerSpec, 'ready'>;

const wayOf = (readiness: Readiness | null): Way | null => readiness && WAYS[readiness.kind];

/** Whether a probe checks readiness. Otherwise the worker reports it, or is ready when spawned or some time after. */
export const isAsked = (readiness: Readiness | null): readiness is AskedReadiness => wayOf(readiness) === 'asked';

/** Whether the worker reports its own readiness. */
export const saysReady = ({ready}: Ready): boolean => wayOf(ready) === 'socket' || wayOf(ready) === 'descriptor';

/** Whether the worker uses sd_notify(3) to report readiness or to feed its watchdog. */
export const usesNotify = ({ready, watchdogMs}: Pick<WorkerSpec, 'ready' | 'watchdogMs'>): boolean =>
  watchdogMs !== null || wayOf(ready) === 'socket';

/** Returns the descriptor on which the worker reports readiness, or null. */
export const readyDescriptor = ({ready}: Ready): number | null => (ready !== null && 'fd' in ready ? ready.fd : null);

/** Returns how long the worker must have run to be ready (ms), or null if readiness does not depend on time. */
export const readyDelay = ({ready}: Ready): number | null =>
  ready !== null && 'delayMs' in ready ? ready.delayMs : null;
