/**
 * Every event of the journal: its meaning, fields and severity, whether a foreground `up` shows it, and the hook that
 * it calls. `text/event-words.ts` has the text of each event, and `docs/protocol.md` lists them. An event that is
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
  spawned: event({doc: 'A run started; `run` is its token.', fields: {...RUN, run: maybe(text)}, hook: 'start'}),
  adopted: event({
    doc: 'A keeper found a run of another keeper alive and adopted it.',
    fields: {...RUN, run: maybe(text)},
    shown: true,
  }),
  ready: event({doc: 'The run is ready.', fields: RUN, severity: 'good', shown: true, hook: 'ready'}),
  exited: event({
    doc: 'The main process exited. `reason`: `exited`, `signalled`, `unknown`, or why brood stopped it.',
    fields: {...RUN, code: known(number), signal: known(text), reason: text},
    severity: ({reason, code}) => (reason === 'exited' && code === 0 ? 'plain' : 'warning'),
    shown: ({reason}) => !MEANT.has(reason),
    hook: 'exit',
  }),
  paused: event({doc: 'The run was stopped by SIGSTOP.', fields: RUN}),
  resumed: event({doc: 'The run was continued by SIGCONT.', fields: RUN}),
  signalled: event({doc: 'A signal was sent at a client’s request.', fields: {...PROCESS, signal: text}}),
  'status-changed': event({
    doc: 'The status of an instance changed.',
    fields: {...INSTANCE, from: text, to: text, reason: known(text)},
    severity: 'quiet',
    shown: ({to}) => to === 'failed' || to === 'finished',
    hook: ({to}) => (HOOKED.has(to) ? to : null),
  }),
  'spawn-failed': event({
    doc: 'The run failed to start; `code` is the error (`ENOENT`).',
    fields: {...INSTANCE, code: text, message: text},
    severity: 'error',
    shown: true,
  }),
  backoff: event({
    doc: 'The instance will restart after `delayMs`. `held`: the restart waits for the fleet’s restart rate limit.',
    fields: {...INSTANCE, delayMs: number, restarts: known(number), held: maybe(flag)},
    severity: 'warning',
    shown: true,
  }),
  'gave-up': event({
    doc: 'The instance, or its whole group, was restarted too often and is not restarted again.',
    fields: {...ANY, group: maybe(text), restarts: maybe(number), reason: known(text)},
    severity: 'error',
  }),
  'storm-began': event({
    doc: 'Too many restarts at once: the restart rate limit applies.',
    fields: {perSecond: number},
    severity: 'warning',
    shown: true,
  }),
  'storm-over': event({
    doc: 'No restart is waiting any more; `held` is the number of restarts that waited.',
    fields: {held: number, forMs: number},
    shown: true,
  }),
  'group-restarted': event({
    doc: 'A group restarts because one of its members ended.',
    fields: {group: text, strategy: text, reason: known(text)},
  }),
  'reload-failed': event({
    doc: 'The instance failed during a reload; the instances in `left` were not reloaded.',
    fields: {...INSTANCE, reason: known(text), left: texts},
    severity: 'error',
  }),
  'schedule-skipped': event({
    doc: 'A scheduled run was skipped.',
    fields: {...INSTANCE, due: text, reason: text},
    severity: 'warning',
  }),
  'run-failed': event({
    doc: 'A scheduled run failed; the next one runs as scheduled.',
    fields: {...INSTANCE, reason: known(text)},
    severity: 'error',
    hook: 'failed',
  }),
  'memory-exceeded': event({
    doc: 'The run exceeded its memory limit (bytes).',
    fields: {...RUN, bytes: number, limit: number},
    severity: 'error',
  }),
  'file-changed': event({
    doc: 'Watched files changed; `path` is the first of `files`.',
    fields: {...INSTANCE, path: text, files: number},
  }),
  'watch-failed': event({
    doc: 'A path can’t be watched.',
    fields: {...WORKER, code: known(text), message: text},
    severity: 'warning',
  }),
  'health-failed': event({
    doc: 'The maximum number of consecutive health checks failed.',
    fields: {...RUN, message: text, failures: number},
    severity: 'error',
    shown: true,
    hook: 'unhealthy',
  }),
  'watchdog-missed': event({
    doc: 'The watchdog of the worker expired.',
    fields: {...RUN, reason: text},
    severity: 'error',
    shown: true,
  }),
  'main-process': event({
    doc: 'The main process changed; `before` is the previous pid.',
    fields: {...RUN, before: known(number)},
  }),
  'notify-refused': event({doc: 'A notification of a worker was ignored.', fields: {...PROCESS, message: text}}),
  'left-out': event({
    doc: 'Events caused by notifications of a worker were omitted; `count` is their number.',
    fields: {...ANY, count: number, kinds: texts},
  }),
  notified: event({
    doc: 'The worker reported an error (sd_notify(3)).',
    fields: {...ANY, errno: known(number), exitStatus: known(number), status: known(text)},
  }),
  'hook-failed': event({
    doc: 'A hook failed; `event` is the number of the event that called it.',
    fields: {...INSTANCE, hook: text, message: text, event: number},
    severity: 'error',
    shown: true,
  }),
  'hook-dropped': event({
    doc: 'Hook calls were dropped; `count` is their number.',
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
    doc: 'It is not proven that all processes of the run are gone.',
    fields: {...INSTANCE, proof: text, doubts: texts},
    severity: 'warning',
    shown: true,
  }),
  'zombie-found': event({
    doc: 'A process exited, and its parent has not reaped it.',
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
    doc: 'The run is stopped because it left a zombie.',
    fields: {...RUN, zombie: number, name: known(text)},
    severity: 'error',
  }),
  'zombie-nudged': event({
    doc: 'SIGCHLD was sent to the parent of a zombie.',
    fields: {...INSTANCE, pid: number, parent: known(text), zombie: number},
    severity: 'warning',
  }),
  'zombie-gone': event({
    doc: 'A zombie was reaped.',
    fields: {...INSTANCE, pid: number, ppid: known(number)},
  }),
  'orphan-adopted': event({
    doc: 'A process lost its parent and became a child of the keeper.',
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
    doc: 'An orphan was killed by its worker’s policy.',
    fields: {...ANY, pid: number, command: known(text)},
    severity: 'warning',
  }),
  'alarm-set': event({doc: 'SIGALRM will be sent.', fields: {...RUN, seconds: number}}),
  'alarm-cancelled': event({doc: 'The alarm was cancelled.', fields: RUN}),
  'alarm-fired': event({doc: 'SIGALRM was sent.', fields: RUN}),
  'output-held': event({
    doc: 'The output of the instance can’t be written and is held back: the worker may block.',
    fields: {...ANY, error: text},
    severity: 'error',
    shown: true,
  }),
  'channel-lost': event({
    doc: 'A channel can no longer be reached by its name.',
    fields: {channel: text, message: text},
    severity: 'error',
  }),
  repaired: event({
    doc: 'A fault is repaired: `what` was restored, output is written again, or the keeper answers again.',
    fields: {...ANY, what: maybe(text), message: maybe(text), error: known(text), keeper: maybe(number)},
  }),
  'supervisor-started': event({
    doc: 'A controller started.',
    fields: {keeper: number, controller: number, anchor: known(number), version: text},
  }),
  'supervisor-stopping': event({
    doc: 'The supervisor is stopping everything.',
    fields: {now: flag},
    severity: 'warning',
  }),
  'supervisor-stopped': event({doc: 'The supervisor has stopped everything.', fields: {}}),
  'controller-lost': event({
    doc: 'The previous controller ended unexpectedly; `report` is the report that it left, if any.',
    fields: {keeper: number, controller: number, reason: text, report: known(text)},
    severity: 'error',
    shown: true,
  }),
  'keeper-lost': event({
    doc: 'The previous keeper ended unexpectedly.',
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
    doc: 'Another version of brood runs the fleet.',
    fields: {from: known(text), to: known(text), version: known(text)},
    shown: true,
  }),
  'upgrade-failed': event({
    doc: 'An upgrade failed; the previous programs keep running.',
    fields: {to: text, message: text},
    severity: 'error',
    shown: true,
  }),
  'plan-applied': event({
    doc: 'The fleet changed: these workers were added, removed or changed.',
    fields: {added: texts, removed: texts, changed: texts},
    shown: true,
  }),
  'plan-refused': event({
    doc: 'A fleet file was reread but not applied.',
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
