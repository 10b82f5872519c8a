/** Journal records in words. */
import type {EventRecord} from '../journal/events.ts';
import {count, formatBytes, formatDuration, formatTime} from './format.ts';
import {exitWords} from './instance-words.ts';
import type {Style} from './style.ts';
import {plainText} from './sanitize.ts';
import {changeWords} from './watch-words.ts';

type Describe = (record: EventRecord) => string;

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const list = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(', ') : '');
const pidOf = ({pid}: EventRecord): string => (pid === undefined ? '' : `, pid ${pid}`);
const because = (value: unknown): string => (text(value) === null ? '' : `: ${String(value)}`);

/** How a main process ended, of an `exited` record. */
export const endOf = (record: EventRecord): string => {
  const code = number(record['code']);
  const signal = text(record['signal']);
  if (code === null && signal !== null) return `killed by ${signal}`;
  return exitWords({code, signal, reason: text(record['reason']) ?? ''});
};

const WORDS: Readonly<Record<string, Describe>> = {
  spawned: record => `started${pidOf(record)}`,
  ready: () => 'is ready',
  exited: record => `ended: ${endOf(record)}${pidOf(record)}`,
  paused: () => 'is paused (SIGSTOP)',
  resumed: () => 'goes on (SIGCONT)',
  signalled: ({signal, by, pid}) =>
    `got ${text(signal) ?? 'a signal'}${text(by) === null ? '' : ` from ${String(by)}`}${pid === undefined ? '' : ` (pid ${pid})`}`,
  'status-changed': ({from, to, reason}) => `${text(from) ?? '?'} -> ${text(to) ?? '?'}${because(reason)}`,
  'spawn-failed': ({message, code}) => `could not be started: ${text(message) ?? text(code) ?? 'unknown'}`,
  backoff: ({delayMs, restarts, held}) =>
    `will be started again${number(delayMs) === null ? '' : ` in ${formatDuration(number(delayMs) ?? 0)}`}${number(restarts) === null ? '' : ` (restart ${number(restarts) ?? 0})`}${held === true ? ', when its turn comes' : ''}`,
  'storm-began': ({perSecond}) =>
    `too many restarts at once: they take turns, ${number(perSecond) === null ? 'some' : number(perSecond)} a second`,
  'storm-over': ({held, forMs}) =>
    `no restart waits for its turn any more${number(held) === null ? '' : `; ${count(number(held) ?? 0, 'restart')} had to`}${number(forMs) === null ? '' : ` within ${formatDuration(number(forMs) ?? 0)}`}`,
  'group-restarted': ({group, strategy, reason}) =>
    `group ${text(group) ?? '?'} restarts (${text(strategy) ?? '?'})${because(reason)}`,
  'reload-failed': ({reason, left}) =>
    `was reloaded and failed${because(reason)}${list(left) === '' ? '' : `; left as they run: ${list(left)}`}`,
  'schedule-skipped': ({due, reason}) =>
    `is not run for ${text(due) === null ? 'a time' : formatTime(String(due))}${because(reason)}`,
  'run-failed': ({reason}) => `failed, and waits for its next time${because(reason)}`,
  'gave-up': ({reason, restarts}) => text(reason) ?? `gave up after ${number(restarts) ?? '?'} restarts`,
  'memory-exceeded': ({bytes, limit}) =>
    `had ${formatBytes(number(bytes) ?? 0)} of memory, its limit is ${formatBytes(number(limit) ?? 0)}`,
  'file-changed': changeWords,
  'watch-failed': ({message}) => `is not watched in full${because(message)}`,
  'health-failed': ({failures, message}) =>
    `is unhealthy${number(failures) === null ? '' : `, ${count(number(failures) ?? 0, 'check')} failed`}${because(message)}`,
  'watchdog-missed': ({reason}) => text(reason) ?? 'did not feed its watchdog in time',
  'main-process': record => `another process is the main one${pidOf(record)}`,
  'notify-refused': ({message}) => `did not count: ${text(message) ?? 'a message'}`,
  'left-out': ({count: lines, kinds}) =>
    `${count(number(lines) ?? 0, 'line')} left out that its messages caused${list(kinds) === '' ? '' : ` (${list(kinds)})`}`,
  notified: ({errno, exitStatus, status}) =>
    [
      'told an error',
      number(errno) === null ? null : `errno ${number(errno) ?? ''}`,
      number(exitStatus) === null ? null : `exit status ${number(exitStatus) ?? ''}`,
      text(status),
    ]
      .filter(part => part !== null)
      .join(', '),
  'hook-failed': ({hook, reason, message}) => `hook ${text(hook) ?? ''} failed${because(reason ?? message)}`,
  'hook-dropped': ({count: calls}) => `${count(number(calls) ?? 0, 'call')} of hooks dropped`,
  'signal-failed': ({signal, error, message, pid}) =>
    `${text(signal) ?? 'a signal'} could not be sent${pid == null ? '' : ` to process ${pid}`} (${text(error) ?? '?'})${because(message)}`,
  survivor: ({survivors}) => `could not be ended: ${list(survivors)}`,
  'not-proved': ({doubts}) => `it is not proved that nothing of it is left: ${list(doubts)}`,
  'zombie-found': ({pid, name, parent, ppid}) =>
    `has a zombie: pid ${pid ?? '?'}${text(name) === null ? '' : ` (${String(name)})`}; its parent${number(ppid) === null ? '' : ` ${number(ppid) ?? ''}`}${text(parent) === null ? '' : ` (${String(parent)})`} does not wait for it`,
  'zombie-left': ({zombie, name}) =>
    `is ended for a zombie that it left: pid ${number(zombie) ?? '?'}${text(name) === null ? '' : ` (${String(name)})`}`,
  'zombie-nudged': ({parent, pid}) =>
    `SIGCHLD to ${pid ?? '?'}${text(parent) === null ? '' : ` (${String(parent)})`}, which does not wait for its dead children`,
  'zombie-gone': record => `a zombie is gone${pidOf(record)}`,
  'orphan-adopted': ({pid, command}) => `orphan adopted: ${pid ?? '?'} ${text(command) ?? ''}`.trimEnd(),
  'orphan-killed': ({pid, command}) => `orphan killed: ${pid ?? '?'} ${text(command) ?? ''}`.trimEnd(),
  adopted: record => `taken over alive${pidOf(record)}`,
  'alarm-set': ({seconds}) => `SIGALRM in ${number(seconds) ?? '?'} s`,
  'alarm-cancelled': () => 'alarm cancelled',
  'alarm-fired': () => 'SIGALRM: its alarm was due',
  'supervisor-started': record => `supervisor started${pidOf(record)}`,
  'supervisor-stopping': ({now}) => (now === true ? 'everything is stopped at once' : 'everything is stopped in order'),
  'supervisor-stopped': () => 'supervisor stopped',
  'controller-lost': ({reason}) => `the controller was lost${because(reason)}`,
  'keeper-lost': ({reason}) => `the keeper was lost${because(reason)}`,
  repaired: ({what, message, error, keeper}) =>
    text(what) === null
      ? keeper === undefined
        ? `output is written again${because(error)}`
        : 'the keeper answers again'
      : `repaired ${String(what)}${because(message)}`,
  'channel-lost': ({channel, message}) => `channel ${text(channel) ?? '?'} is reached by nobody${because(message)}`,
  'upgrade-failed': ({message}) => `was not upgraded: ${text(message) ?? ''}`,
  'keeper-slow': ({state}) => `the keeper does not answer${state === 'T' ? ': it is stopped' : ''}`,
  upgraded: ({version}) => `upgraded${text(version) === null ? '' : ` to ${String(version)}`}`,
  'plan-applied': ({added, removed, changed}) => {
    const parts = [
      ['added', list(added)],
      ['removed', list(removed)],
      ['changed', list(changed)],
    ].filter(([, names]) => names !== '');
    return `fleet file applied: ${parts.map(([what, names]) => `${what} ${names}`).join('; ') || 'nothing to change'}`;
  },
};

const KNOWN = new Set(['seq', 'at', 'type', 'worker', 'instance', 'pid', 'run']);

/** What happened, without when and to whom. */
export function describeEvent(record: EventRecord): string {
  const describe = Object.hasOwn(WORDS, record.type) ? WORDS[record.type] : undefined;
  if (describe) return plainText(describe(record));
  const rest = Object.entries(record)
    .filter(([name, value]) => !KNOWN.has(name) && value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return plainText([record.type, ...rest].join(' ') + pidOf(record));
}

const BAD = new Set([
  'spawn-failed',
  'gave-up',
  'run-failed',
  'reload-failed',
  'health-failed',
  'watchdog-missed',
  'memory-exceeded',
  'zombie-left',
  'hook-failed',
  'hook-dropped',
  'signal-failed',
  'survivor',
  'channel-lost',
  'controller-lost',
  'keeper-lost',
  'keeper-slow',
  'upgrade-failed',
]);
const WARNING = new Set([
  'not-proved',
  'backoff',
  'storm-began',
  'schedule-skipped',
  'watch-failed',
  'zombie-found',
  'zombie-nudged',
  'orphan-adopted',
  'orphan-killed',
  'supervisor-stopping',
]);

export function styleOfEvent(record: EventRecord): Style | null {
  if (BAD.has(record.type)) return 'red';
  if (WARNING.has(record.type)) return 'yellow';
  if (record.type === 'ready') return 'green';
  if (record.type === 'exited') return record['reason'] === 'exited' && record['code'] === 0 ? null : 'yellow';
  return record.type === 'status-changed' ? 'dim' : null;
}

/** `web/2`, `web`, or nothing for what concerns the fleet. */
export const subjectOf = ({worker, instance}: EventRecord): string =>
  worker === undefined ? '' : instance === undefined ? worker : `${worker}/${instance}`;
