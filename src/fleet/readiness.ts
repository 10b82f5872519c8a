/**
 * The kinds of readiness and how each is detected. Kinds with a probe have it in
 * src/controller/probes; src/fleet/schema/probes.ts defines the syntax in the fleet file.
 */
import type {Readiness, ReadinessKind, WorkerSpec} from './types.ts';

/**
 * `asked`: a probe checks repeatedly. `socket`, `descriptor`: the worker reports it, by sd_notify(3) or on a descriptor
 * of its own (`fd`). `timed`: the worker is ready after it has run for `delayMs`.
 */
type Way = 'asked' | 'socket' | 'descriptor' | 'timed';

/** The kinds without a probe. A probe checks all others. */
const WAYS = {
  after: 'timed',
  notify: 'socket',
  fd: 'descriptor',
} as const satisfies {readonly [K in ReadinessKind]?: Exclude<Way, 'asked'>};

const ways: {readonly [K in ReadinessKind]?: Way} = WAYS;

/** The kinds with a probe. */
export type AskedKind = Exclude<ReadinessKind, keyof typeof WAYS>;
export type AskedReadiness = Extract<Readiness, {readonly kind: AskedKind}>;

type Ready = Pick<WorkerSpec, 'ready'>;

const wayOf = (readiness: Readiness | null): Way | null => readiness && (ways[readiness.kind] ?? 'asked');

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
