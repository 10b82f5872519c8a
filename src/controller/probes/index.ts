/** The kinds of readiness and health that need a probe: one file and one line each. */
import type {AskedKind, AskedReadiness} from '../../fleet/readiness.ts';
import type {Health} from '../../fleet/types.ts';
import {exec} from './exec.ts';
import {get, http} from './http.ts';
import {log} from './log.ts';
import type {Probe, ProbeContext, ReadinessOf} from './probe.ts';
import {reach, tcp} from './tcp.ts';

export type {ProbeContext} from './probe.ts';

/** A probed kind without a line here does not compile. */
const PROBES: {readonly [K in AskedKind]: Probe<K>} = {log, tcp, exec, http};

const begin = <K extends AskedKind>(kind: K, readiness: ReadinessOf<K>, context: ProbeContext): (() => void) =>
  PROBES[kind](readiness, context);

/** Starts to probe whether a run is ready. Returns a function that ends the probe. */
export const startProbe = (readiness: AskedReadiness, context: ProbeContext): (() => void) =>
  begin(readiness.kind, readiness, context);

type Check<K extends Health['kind']> = (
  health: Extract<Health, {readonly kind: K}>,
  run: ProbeContext['run'],
  signal: AbortSignal,
) => Promise<string | null>;

const CHECKS: {readonly [K in Health['kind']]: Check<K>} = {
  http: ({url, timeoutMs}, _run, signal) => get(url, timeoutMs, signal),
  tcp: (health, _run, signal) => reach(health, health.timeoutMs, signal),
  exec: ({argv, timeoutMs}, run, signal) => run({argv, timeoutMs, signal}),
};

const check = <K extends Health['kind']>(kind: K, ...args: Parameters<Check<K>>): Promise<string | null> =>
  CHECKS[kind](...args);

/** Checks once whether a worker is well. Resolves to null or a description of the failure. `run` runs a program. */
export const checkOnce = (health: Health, run: ProbeContext['run'], signal: AbortSignal): Promise<string | null> =>
  check(health.kind, health, run, signal);
