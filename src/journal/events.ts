/**
 * Every event of the journal: its meaning, fields and severity, whether a foreground `up` shows it, and the hook that
 * it calls. `words/event-words.ts` has the text of each event, and `docs/protocol.md` lists them. An event that is
 * missing in this table, or that has no text, does not compile.
 */
import {ending, flag, known, maybe, number, text, texts, type Values} from './fields.ts';
import {event} from './kind.ts';

/** Fields that name the subject of an event. */
const WORKER = {worker: text};
const INSTANCE = {...WORKER, instance: number};
const RUN = {...INSTANCE, pid: maybe(number)};
/** An instance, or the fleet if the event belongs to no instance. */
const ANY = {worker: maybe(text), instance: maybe(number)};
const PROCESS = {...ANY, pid: maybe(number)};

/** Reasons of requested ends. */
const MEANT: ReadonlySet<string> = new Set(['stop', 'restart', 'changed', 'group']);
/** Statuses that have a hook of the same name. */
const HOOKED: ReadonlySet<string> = new Set(['backoff', 'finished', 'failed', 'stopped']);

export const EVENTS = {
  spawned: event({doc: 'A run has begun; `run` is its token.', fields: {...RUN, run: maybe(text)}, hook: 'start'}),
  adopted: event({
    doc: 'A keeper that did not start the run has found it alive and taken it over.',
    fields: {...RUN, run: maybe(text)},
    shown: true,
  }),
  ready: event({doc: 'The run is ready.', fields: RUN, severity: 'good', shown: true, hook: 'ready'}),
  exited: event({
    doc: 'The main process has ended. `reason`: `exited`, `signalled`, `unknown`, or why brood ended it.',
    fields: {...RUN, code: known(number), signal: known(text), reason: text},
    severity: ({reason, code}) => (reason === 'exited' && code === 0 ? 'plain' : 'warning'),
    shown: ({reason}) => !MEANT.has(reason),
    hook: 'exit',
  }),
  paused: event({doc: 'The run was stopped by SIGSTOP.', fields: RUN}),
  resumed: event({doc: 'The run was continued by SIGCONT.', fields: RUN}),
  signalled: event({doc: 'A client had a signal sent.', fields: {...PROCESS, signal: text}}),
  'status-changed': event({
    doc: 'The status of an instance has changed.',
    fields: {...INSTANCE, from: text, to: text, reason: known(text)},
    severity: 'quiet',
    shown: ({to}) => to === 'failed' || to === 'finished',
    hook: ({to}) => (HOOKED.has(to) ? to : null),
  }),
  'spawn-failed': event({
    doc: 'The run could not be started; `code` is the error (`ENOENT`).',
    fields: {...INSTANCE, code: text, message: text},
    severity: 'error',
    shown: true,
  }),
  backoff: event({
    doc: 'It is started again after `delayMs`; `held`: the fleet restarts too much at once, so it waits for its turn.',
    fields: {...INSTANCE, delayMs: number, restarts: known(number), held: maybe(flag)},
    severity: 'warning',
    shown: true,
  }),
  'gave-up': event({
    doc: 'It, or all of its group, has been restarted too often and is not started again.',
    fields: {...ANY, group: maybe(text), restarts: maybe(number), reason: known(text)},
    severity: 'error',
  }),
  'storm-began': event({
    doc: 'Too many restarts at once: they take turns.',
    fields: {perSecond: number},
    severity: 'warning',
    shown: true,
  }),
  'storm-over': event({
    doc: 'No restart waits for its turn any more; `held` had to.',
    fields: {held: number, forMs: number},
    shown: true,
  }),
  'group-restarted': event({
    doc: 'A group restarts, since one of its members ended.',
    fields: {group: text, strategy: text, reason: known(text)},
  }),
  'reload-failed': event({
    doc: 'The instance failed when it was reloaded; `left` run on as they are.',
    fields: {...INSTANCE, reason: known(text), left: texts},
    severity: 'error',
  }),
  'schedule-skipped': event({
    doc: 'A scheduled time passed without a run.',
    fields: {...INSTANCE, due: text, reason: text},
    severity: 'warning',
  }),
  'run-failed': event({
    doc: 'A scheduled run has failed, and waits for its next time.',
    fields: {...INSTANCE, reason: known(text)},
    severity: 'error',
    hook: 'failed',
  }),
  'memory-exceeded': event({
    doc: 'The run has more memory (bytes) than its limit.',
    fields: {...RUN, bytes: number, limit: number},
    severity: 'error',
  }),
  'file-changed': event({
    doc: 'A watched file has changed; `path` is the first of `files`.',
    fields: {...INSTANCE, path: text, files: number},
  }),
  'watch-failed': event({
    doc: 'Something can not be watched.',
    fields: {...WORKER, code: known(text), message: text},
    severity: 'warning',
  }),
  'health-failed': event({
    doc: 'As many health checks in a row have failed as may.',
    fields: {...RUN, message: text, failures: number},
    severity: 'error',
    shown: true,
    hook: 'unhealthy',
  }),
  'watchdog-missed': event({
    doc: 'The worker did not feed its watchdog in time.',
    fields: {...RUN, reason: text},
    severity: 'error',
    shown: true,
  }),
  'main-process': event({
    doc: 'Another process is the main one; `before` is the pid of the one before.',
    fields: {...RUN, before: known(number)},
  }),
  'notify-refused': event({doc: 'A notification of a worker did not count.', fields: {...PROCESS, message: text}}),
  'left-out': event({
    doc: 'So many events that notifications of a worker would have caused were left out.',
    fields: {...ANY, count: number, kinds: texts},
  }),
  notified: event({
    doc: 'The worker has told an error (sd_notify(3)).',
    fields: {...ANY, errno: known(number), exitStatus: known(number), status: known(text)},
  }),
  'hook-failed': event({
    doc: 'A hook has failed that the event of number `event` called.',
    fields: {...INSTANCE, hook: text, message: text, event: number},
    severity: 'error',
    shown: true,
  }),
  'hook-dropped': event({
    doc: 'So many calls of hooks were dropped.',
    fields: {...WORKER, count: number},
    severity: 'error',
    shown: true,
  }),
  'signal-failed': event({
    doc: "A signal could not be sent; `error` is the kernel's (`EPERM`).",
    fields: {...PROCESS, signal: text, error: text, message: text},
    severity: 'error',
  }),
  survivor: event({
    doc: 'Processes of the run could not be ended.',
    fields: {...INSTANCE, survivors: texts, proof: text},
    severity: 'error',
    shown: true,
  }),
  'not-proved': event({
    doc: 'It is not proved that nothing of the run is left.',
    fields: {...INSTANCE, proof: text, doubts: texts},
    severity: 'warning',
    shown: true,
  }),
  'zombie-found': event({
    doc: 'A process has ended, and its parent does not wait for it.',
    fields: {
      ...INSTANCE,
      pid: number,
      name: known(text),
      exit: known(ending),
      ppid: known(number),
      parent: known(text),
    },
    severity: 'warning',
  }),
  'zombie-left': event({
    doc: 'The run is ended for a zombie that it left.',
    fields: {...RUN, zombie: number, name: known(text)},
    severity: 'error',
  }),
  'zombie-nudged': event({
    doc: 'SIGCHLD was sent to the parent of a zombie.',
    fields: {...INSTANCE, pid: number, parent: known(text), zombie: number},
    severity: 'warning',
  }),
  'zombie-gone': event({
    doc: 'A zombie was waited for.',
    fields: {...INSTANCE, pid: number, ppid: known(number)},
  }),
  'orphan-adopted': event({
    doc: 'A process has lost its parent and become a child of the keeper.',
    fields: {
      ...ANY,
      pid: number,
      name: text,
      command: known(text),
      formerParent: known(number),
      formerParentName: known(text),
    },
    severity: 'warning',
  }),
  'orphan-killed': event({
    doc: 'An orphan was ended, as the policy of its worker says.',
    fields: {...ANY, pid: number, command: known(text)},
    severity: 'warning',
  }),
  'alarm-set': event({doc: 'SIGALRM will be sent.', fields: {...RUN, seconds: number}}),
  'alarm-cancelled': event({doc: 'The alarm was cancelled.', fields: RUN}),
  'alarm-fired': event({doc: 'SIGALRM was sent.', fields: RUN}),
  'output-held': event({
    doc: 'The output of the instance can not be written, so it is held back: the worker may block.',
    fields: {...ANY, error: text},
    severity: 'error',
    shown: true,
  }),
  'channel-lost': event({
    doc: 'A channel can not be reached by its name any more.',
    fields: {channel: text, message: text},
    severity: 'error',
  }),
  repaired: event({
    doc: 'Something is as it should be again: `what` was put back, output is written, or the keeper answers.',
    fields: {...ANY, what: maybe(text), message: maybe(text), error: known(text), keeper: maybe(number)},
  }),
  'supervisor-started': event({
    doc: 'A controller has begun to work.',
    fields: {keeper: number, controller: number, anchor: known(number), version: text},
  }),
  'supervisor-stopping': event({doc: 'Everything is being stopped.', fields: {now: flag}, severity: 'warning'}),
  'supervisor-stopped': event({doc: 'Everything is stopped.', fields: {}}),
  'controller-lost': event({
    doc: 'The controller before has ended unasked; `report` is what it left, if anything.',
    fields: {keeper: number, controller: number, reason: text, report: known(text)},
    severity: 'error',
    shown: true,
  }),
  'keeper-lost': event({
    doc: 'The keeper before has ended unasked.',
    fields: {keeper: number, controller: number, reason: known(text)},
    severity: 'error',
    shown: true,
  }),
  'keeper-slow': event({
    doc: 'The keeper does not answer; `state` is as in proc(5).',
    fields: {pid: number, state: known(text), silentMs: number},
    severity: 'error',
    shown: true,
  }),
  upgraded: event({
    doc: 'Other programs run the fleet.',
    fields: {from: known(text), to: known(text), version: known(text)},
    shown: true,
  }),
  'upgrade-failed': event({
    doc: 'An upgrade came to nothing; the programs before run on.',
    fields: {to: text, message: text},
    severity: 'error',
    shown: true,
  }),
  'plan-applied': event({
    doc: 'The fleet has changed: these workers were added, removed or changed.',
    fields: {added: texts, removed: texts, changed: texts},
    shown: true,
  }),
  'plan-refused': event({
    doc: 'A fleet file was read again and changed nothing.',
    fields: {message: text},
    severity: 'error',
    shown: true,
  }),
};

export type EventType = keyof typeof EVENTS;
export type Events = {
  readonly [T in EventType]: {readonly type: T} & Values<(typeof EVENTS)[T]['fields']>;
};
/** An event as passed to the writer, which adds `seq` and `at`. */
export type JournalEvent = Events[EventType];
