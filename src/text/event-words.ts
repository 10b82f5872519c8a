/** Journal records in words. */
import type {Events, EventType} from '../journal/events.ts';
import type {Severity} from '../journal/kind.ts';
import {isEvent, severityOf, type EventRecord} from '../journal/record.ts';
import {count, formatBytes, exactDuration, formatDuration, formatTime} from '../base/format.ts';
import {exitWords} from './instance-words.ts';
import type {Style} from './style.ts';
import {plainText} from './sanitize.ts';
import {changeWords} from './watch-words.ts';

type Words = {readonly [T in EventType]: (event: Events[T]) => string};
type Known<T> = T | null | undefined;

const list = (names: readonly string[]): string => names.join(', ');
const pidOf = ({pid}: {readonly pid?: number}): string => (pid === undefined ? '' : `, pid ${pid}`);
const because = (reason: Known<string>): string => (reason == null || reason === '' ? '' : `: ${reason}`);
const named = (name: Known<string>): string => (name == null || name === '' ? '' : ` (${name})`);
const of = (before: string, value: Known<number>): string => (value == null ? '' : `${before}${value}`);

/** Describes how a main process ended, from an `exited` record. */
export function endOf({code, signal, reason}: EventRecord): string {
  if (typeof code === 'number') return `exit code ${code}`;
  if (typeof signal === 'string' && signal !== '') return `killed by ${signal}`;
  return exitWords({code: null, signal: null, reason: typeof reason === 'string' ? reason : ''});
}

const WORDS: Words = {
  spawned: event => `started${pidOf(event)}`,
  adopted: event => `adopted while running${pidOf(event)}`,
  ready: () => 'is ready',
  exited: event => `ended: ${endOf({seq: 0, at: '', ...event})}${pidOf(event)}`,
  paused: () => 'is paused (SIGSTOP)',
  resumed: () => 'is resumed (SIGCONT)',
  signalled: ({signal, pid}) => `was sent ${signal}${pid === undefined ? '' : ` (pid ${pid})`}`,
  'status-changed': ({from, to, reason}) => `${from} -> ${to}${because(reason)}`,
  'spawn-failed': ({message}) => `failed to start${because(message)}`,
  backoff: ({delayMs, restarts, held}) =>
    `will restart in ${formatDuration(delayMs)}${restarts == null ? '' : ` (restart ${restarts})`}${held === true ? ', rate-limited' : ''}`,
  'gave-up': ({reason, restarts}) => reason ?? `gave up after ${restarts ?? '?'} restarts`,
  'storm-began': ({perSecond}) => `too many restarts at once: limited to ${perSecond} per second`,
  'storm-over': ({held, forMs}) =>
    `restart rate limit lifted; it delayed ${count(held, 'restart')} within ${formatDuration(forMs)}`,
  'group-restarted': ({group, strategy, reason}) => `group ${group} restarts (${strategy})${because(reason)}`,
  'reload-failed': ({reason, left}) =>
    `failed during reload${because(reason)}${left.length === 0 ? '' : `; not reloaded: ${list(left)}`}`,
  'schedule-skipped': ({due, reason}) => `skipped its run at ${formatTime(due)}${because(reason)}`,
  'run-failed': ({reason}) => `failed, waits for its next scheduled run${because(reason)}`,
  'memory-exceeded': ({bytes, limit}) =>
    `used ${formatBytes(bytes)} of memory, over its limit of ${formatBytes(limit)}`,
  'file-changed': changeWords,
  'watch-failed': ({message}) => `is not fully watched${because(message)}`,
  'health-failed': ({failures, message}) => `is unhealthy, ${count(failures, 'check')} failed${because(message)}`,
  'watchdog-missed': ({reason}) => reason,
  'main-process': event => `main process changed${pidOf(event)}`,
  'notify-refused': ({message}) => `notification ignored: ${message}`,
  'left-out': ({count: lines, kinds}) =>
    `${count(lines, 'event')} of its notifications omitted${kinds.length === 0 ? '' : ` (${list(kinds)})`}`,
  notified: ({errno, exitStatus, status}) =>
    `reported an error${of(', errno ', errno)}${of(', exit status ', exitStatus)}${status == null || status === '' ? '' : `, ${status}`}`,
  'hook-failed': ({hook, message}) => `hook ${hook} failed${because(message)}`,
  'hook-dropped': ({count: calls}) => `${count(calls, 'hook call')} dropped`,
  'signal-failed': ({signal, error, message, pid}) =>
    `${signal} could not be sent${of(' to process ', pid)} (${error})${because(message)}`,
  survivor: ({survivors}) => `could not be ended: ${list(survivors)}`,
  'not-proved': ({doubts}) => `not proven to be gone: ${list(doubts)}`,
  'zombie-found': ({pid, name, parent, ppid}) =>
    `has a zombie: pid ${pid}${named(name)}; its parent${of(' ', ppid)}${named(parent)} has not reaped it`,
  'zombie-left': ({zombie, name}) => `is stopped because it left a zombie: pid ${zombie}${named(name)}`,
  'zombie-nudged': ({parent, pid}) => `SIGCHLD sent to ${pid}${named(parent)}, which does not reap its children`,
  'zombie-gone': event => `zombie reaped${pidOf(event)}`,
  'orphan-adopted': ({pid, command}) => `orphan adopted: ${pid} ${command ?? ''}`.trimEnd(),
  'orphan-killed': ({pid, command}) => `orphan killed: ${pid} ${command ?? ''}`.trimEnd(),
  'alarm-set': ({seconds}) => `SIGALRM in ${exactDuration(seconds * 1000)}`,
  'alarm-cancelled': () => 'alarm cancelled',
  'alarm-fired': () => 'SIGALRM sent: alarm expired',
  'output-held': ({error}) => `output can't be written (${error}): it is held back, so the worker may block`,
  'channel-lost': ({channel, message}) => `channel ${channel} can't be reached${because(message)}`,
  repaired: ({what, message, error, keeper}) =>
    what !== undefined
      ? `repaired ${what}${because(message)}`
      : keeper === undefined
        ? `output is written again${because(error)}`
        : 'the keeper answers again',
  'supervisor-started': () => 'supervisor started',
  'supervisor-stopping': ({now}) => (now ? 'stopping everything at once' : 'stopping everything in order'),
  'supervisor-stopped': () => 'supervisor stopped',
  'controller-lost': ({reason}) => `the controller was lost${because(reason)}`,
  'keeper-lost': ({reason}) => `the keeper was lost${because(reason)}`,
  'keeper-slow': ({state}) => `the keeper does not answer${state === 'T' ? ': it is stopped' : ''}`,
  upgraded: ({version}) => `upgraded${version == null ? '' : ` to ${version}`}`,
  'upgrade-failed': ({message}) => `upgrade failed: ${message}`,
  'plan-applied': ({added, removed, changed}) => {
    const parts = Object.entries({added, removed, changed}).filter(([, names]) => names.length > 0);
    return `fleet file applied: ${parts.map(([what, names]) => `${what} ${list(names)}`).join('; ') || 'nothing to change'}`;
  },
  'plan-refused': ({message}) => `fleet file not applied: ${message}`,
};

const wordsOf = <T extends EventType>(type: T, event: Events[T]): string => WORDS[type](event);

const KNOWN = new Set(['seq', 'at', 'type', 'worker', 'instance', 'pid', 'run']);

/**
 * Describes an event, without its time and its subject. For an event type of another version, returns the type and the
 * fields.
 */
export function describeEvent(record: EventRecord): string {
  if (isEvent(record)) return plainText(wordsOf(record.type, record));
  const rest = Object.entries(record)
    .filter(([name, value]) => !KNOWN.has(name) && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return plainText([record.type, ...rest].join(' ') + pidOf(record));
}

const STYLES: Readonly<Record<Severity, Style | null>> = {
  error: 'red',
  warning: 'yellow',
  good: 'green',
  plain: null,
  quiet: 'dim',
};

export const styleOfEvent = (record: EventRecord): Style | null => STYLES[severityOf(record)];

/** Returns `web/2`, `web`, or an empty string if the record concerns the fleet. */
export const subjectOf = ({worker, instance}: EventRecord): string =>
  worker === undefined ? '' : instance === undefined ? worker : `${worker}/${instance}`;
