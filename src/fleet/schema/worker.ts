import type {Check, Key} from '../check/check.ts';
import {boolean, choice, command, either, environment, list} from '../check/collections.ts';
import {duration, instances, integer, niceness, umask} from '../check/numbers.ts';
import {capability, groupName, userName} from '../check/privileges.ts';
import {cronText, name, path, pathPattern, signal, text, watchedPath} from '../check/texts.ts';
import {health, probeCommand, ready} from './probes.ts';
import * as run from './run.ts';
import {defaultsOf, key, mapping} from '../check/table.ts';
import type {OrphanPolicy, RestartPolicy, WorkerSpec, ZombiePolicy} from '../types.ts';

const hook = (doc: string): Key<string, readonly string[] | null> =>
  key('argv', probeCommand, {or: null, doc, example: "'./notify.sh'"});
const hookKeys = {
  start: {...hook('A run is spawned.'), field: 'start'},
  ready: {...hook('The run is ready.'), field: 'ready'},
  exit: {...hook('The main process exits, for any reason.'), field: 'exit'},
  backoff: {...hook('The run has ended, and a restart is pending.'), field: 'backoff'},
  unhealthy: {...hook('The health checks have failed.'), field: 'unhealthy'},
  finished: {...hook('The run succeeded, and is not restarted.'), field: 'finished'},
  failed: {...hook('The worker has failed and is not restarted.'), field: 'failed'},
  stopped: {...hook('The worker is stopped.'), field: 'stopped'},
} as const;

const hooks = mapping<typeof hookKeys, WorkerSpec['hooks']>(
  {
    title: 'hooks',
    doc: 'Programs to run on events of the worker, in the fleet file’s folder and as the worker’s user. They get the worker’s environment, plus `BROOD_HOOK`, the name of the hook, and `BROOD_EVENT`, the journal record (JSON). A hook that takes longer than 30 s is killed with its process group. The hooks of all instances of a worker run one at a time, in journal order. A failed hook is an event (`hook-failed`).',
    keys: hookKeys,
  },
  values =>
    Object.fromEntries(
      Object.entries<readonly string[] | null>(values).flatMap(([event, argv]) =>
        argv === null ? [] : [[event, argv]],
      ),
    ),
);

const success = list(
  either(integer({low: 0, high: 255}, 0), ({node}) => node.kind === 'scalar' && typeof node.value === 'number', signal),
  {unique: true},
);
const names = list(name, {unique: true});

/** One entry a key, the source for reading, suggestions, notes and the reference. */
const commandKeys = {
  run: key('run', command('sh: instead of run:'), {
    or: null,
    orText: 'this or `sh`',
    doc: 'The program and its arguments: a list, or a string that is split like a shell command line, but runs without a shell.',
    example: '[node, server.js]',
  }),
  sh: key('sh', text, {
    or: null,
    orText: 'this or `run`',
    doc: 'A command for `/bin/sh -c`.',
    example: "'node server.js | tee out'",
  }),
};
const specKeys = {
  cwd: key('cwd', path, {
    or: null,
    orText: 'the folder of the fleet file',
    doc: 'The working directory.',
    example: 'web',
  }),
  env: key('env', environment, {or: {}, doc: 'Environment variables, after those of `env_file`.'}),
  env_file: key('envFile', path, {
    or: null,
    doc: 'A file of `KEY=VALUE` lines, read at every start.',
    example: '.env',
  }),
  env_inherit: key('envInherit', boolean, {
    or: true,
    orText: '`true`; with `user`: `false`',
    doc: 'Whether to pass on the supervisor’s environment. If false, only PATH, HOME, USER, SHELL, LANG, TZ and TMPDIR are passed on; with `user`, only PATH, LANG and TZ. HOME, USER, LOGNAME and SHELL are always those of `user`.',
  }),
  instances: key('instances', instances, {or: 1, doc: 'Number of copies to run; `cpus` for one per processor.'}),
  after: key('after', names, {
    or: [],
    doc: 'Workers that must be ready before this one starts, and are stopped after it.',
  }),
  requires: key('requires', names, {
    or: [],
    doc: 'Like `after`, but this worker is also stopped when one of these stops or fails.',
  }),
  restart: key(
    'restart',
    choice<RestartPolicy>({
      always: {doc: 'after any exit', alias: 'permanent'},
      'on-failure': {doc: 'unless the run succeeded (see `success`)', alias: 'transient'},
      never: {doc: 'run once', alias: 'temporary'},
    }),
    {
      or: 'always',
      doc: 'When to restart a run that has ended.',
    },
  ),
  success: key('success', success, {
    or: [0],
    doc: 'Exit codes and signals that count as success.',
    example: '[0, SIGTERM]',
  }),
  backoff: key('backoff', run.backoff, {or: run.backoffDefaults, doc: 'Delays between restarts.'}),
  give_up: key('giveUp', run.giveUp, {or: run.giveUpDefaults, doc: 'When to give up restarting.'}),
  stop: key('stop', run.stop, {or: run.stopDefaults, doc: 'How to stop the worker.'}),
  ready: key('ready', ready, {
    or: null,
    orText: 'ready when spawned',
    doc: 'How readiness is detected.',
    example: '{tcp: 5432, timeout: 30s}',
  }),
  health: key('health', health, {
    or: null,
    doc: 'How health is checked.',
    example: '{tcp: 5432, every: 5s}',
  }),
  watchdog: key('watchdogMs', duration({low: 1, example: '10s'}), {
    or: null,
    doc: 'Maximum time between `WATCHDOG=1` notifications (sd_notify(3)) once ready. If it expires: SIGABRT and a restart.',
  }),
  alarm: key('alarmMs', duration({low: 1, example: '5m'}), {
    or: null,
    doc: 'Time in a run after which SIGALRM is sent.',
  }),
  max_runtime: key('maxRuntimeMs', duration({low: 1, example: '1h'}), {
    or: null,
    doc: 'Maximum time of a run: then it is stopped, and `restart` applies.',
  }),
  nice: key('nice', niceness, {
    or: null,
    orText: 'the supervisor’s',
    doc: 'The absolute nice value; negative values need root.',
  }),
  limits: key('limits', run.limits, {
    or: run.limitDefaults,
    orText: 'none',
    doc: 'Resource limits of a run.',
    example: '{nofile: 4096, core: 0}',
  }),
  user: key('user', userName, {
    or: null,
    orText: 'the supervisor’s',
    doc: 'The user to run as; needs root. A number need not have an account: the group then has the same number, and HOME is `/`. `cwd` is entered, `env_file` read and the program looked up as that user, and the worker’s environment is never passed to a root process.',
  }),
  groups: key('groups', list(groupName, {unique: true}), {
    or: null,
    orText: 'none',
    doc: 'Supplementary groups in addition to those of the user, by name or number. Needs root.',
    example: '[adm, video]',
  }),
  no_new_privs: key('noNewPrivs', boolean, {
    or: null,
    orText: '`false`',
    doc: 'Whether to set PR_SET_NO_NEW_PRIVS: execve(2) then never grants privileges; setuid bits and file capabilities have no effect.',
  }),
  capabilities: key('capabilities', list(capability, {unique: true}), {
    or: null,
    orText: 'the supervisor’s',
    doc: 'The capability bounding set (capabilities(7)) of the worker and everything it executes; `[]` for none. Needs root.',
    example: '[net_bind_service]',
  }),
  umask: key('umask', umask, {
    or: null,
    orText: 'the supervisor’s',
    doc: 'Permission bits to clear in new files, in octal.',
  }),
  schedule: key('schedule', cronText, {
    or: null,
    doc: 'Runs only at these times (crontab(5), local time). The worker is `pending` between runs; runs never overlap, and missed runs are skipped.',
    example: "'*/5 * * * *'",
  }),
  watch: key('watch', list(watchedPath, {unique: true}), {
    or: [],
    doc: 'Files and folders (recursive) whose changes restart the worker, even if it has failed or finished, but not if it is stopped or paused. A series of changes is reported by its first file, after 300 ms without a change. Files of editors, version control and package managers are ignored.',
    example: '[src/]',
  }),
  watch_ignore: key('watchIgnore', list(pathPattern, {unique: true}), {
    or: [],
    doc: 'Patterns to ignore below `watch`: names (`*.log`) at any depth, or paths relative to the fleet file’s folder (`src/generated/**`). `*` and `?` match anything except `/`; `**` matches anything.',
    example: "['*.log', 'src/generated/**']",
  }),
  logs: key('logs', run.logs, {or: run.logDefaults, doc: 'How output is kept.'}),
  zombies: key(
    'zombies',
    choice<ZombiePolicy>({
      report: {doc: 'only report it'},
      nudge: {doc: 'send SIGCHLD to the parent, in case it missed one'},
      restart: {doc: 'restart the worker, like after a failure'},
    }),
    {
      or: 'report',
      doc: 'Policy for a dead process of the worker’s tree that its parent does not reap.',
    },
  ),
  orphans: key(
    'orphans',
    choice<OrphanPolicy>({
      keep: {doc: 'leave it running until the run ends'},
      kill: {doc: 'kill it at once (SIGKILL)'},
    }),
    {
      or: 'keep',
      doc: 'Policy for a process of the worker’s tree whose parent has died.',
    },
  ),
  channels: key('channels', names, {
    or: [],
    doc: 'The declared channels that the worker uses.',
    example: '[http, jobs]',
  }),
  hooks: key('hooks', hooks, {
    or: {},
    doc: 'Programs to run on events of the worker.',
    example: "{failed: './page.sh'}",
  }),
};

export const workerKeys = {...commandKeys, ...specKeys};

type WorkerValues = Omit<WorkerSpec, 'name'>;

export const worker: Check<WorkerValues> = mapping<typeof workerKeys, WorkerValues>(
  {title: 'A worker', doc: 'A program to keep running.', keys: workerKeys},
  ({run: argv, sh, cwd, after, requires, envInherit, ...rest}, {spot, has, at}, context) => {
    if (has('run') && has('sh'))
      context.report.error(Math.max(at('run'), at('sh')), `${spot.label}: run and sh are both set: expected only one`);
    if (!has('run') && !has('sh')) {
      context.report.error(spot.keyAt, `${spot.label}: no command: write run: PROGRAM ARGUMENT…, or sh: COMMAND`);
    }
    const isOtherUser = rest.user !== null;
    if (isOtherUser && !has('env_inherit')) {
      context.report.note(
        at('user'),
        `${spot.label}.user: with user, env_inherit is false by default: only PATH, LANG and TZ of the supervisor's environment are passed on`,
      );
    }
    return {
      ...rest,
      envInherit: envInherit && (has('env_inherit') || !isOtherUser),
      argv: argv ?? ['/bin/sh', '-c', sh ?? ''],
      cwd: cwd ?? context.dir,
      // `requires` implies `after`.
      after: [...new Set([...after, ...requires])],
      requires,
    };
  },
);

/** Returns a worker with the defaults of a fleet file. `overrides` are not checked. */
export function defaultWorker(
  workerName: string,
  argv: readonly string[],
  cwd: string,
  overrides: Partial<WorkerSpec> = {},
): WorkerSpec {
  return {...defaultsOf(specKeys), name: workerName, argv, cwd, ...overrides};
}
