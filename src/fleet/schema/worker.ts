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
  start: {...hook('A run has been spawned.'), field: 'start'},
  ready: {...hook('It is ready.'), field: 'ready'},
  exit: {...hook('Its main process has ended, in whatever way.'), field: 'exit'},
  backoff: {...hook('It has ended, and will be started again.'), field: 'backoff'},
  unhealthy: {...hook('Its health checks have failed.'), field: 'unhealthy'},
  finished: {...hook('It ended well, and is not restarted.'), field: 'finished'},
  failed: {...hook('It has failed for good.'), field: 'failed'},
  stopped: {...hook('It has been stopped.'), field: 'stopped'},
} as const;

const hooks = mapping<typeof hookKeys, WorkerSpec['hooks']>(
  {
    title: 'hooks',
    doc: 'Programs that are called when something has happened to the worker, in the fleet file’s folder and as the worker’s user. In their environment, which is the worker’s, `BROOD_HOOK` is the name of the hook and `BROOD_EVENT` the record of the journal (JSON). Each has 30 s, then it is killed with its process group; they come one at a time for all instances of a worker, in the order of the journal. What fails is an event (`hook-failed`).',
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
    doc: 'The program and its arguments: a list, or text that is split as a shell would split it, without a shell.',
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
    doc: 'A file of `KEY=VALUE` lines, read anew at every start.',
    example: '.env',
  }),
  env_inherit: key('envInherit', boolean, {
    or: true,
    orText: '`true`; with `user`: `false`',
    doc: 'Whether the supervisor’s environment is passed on; if not, only PATH, HOME, USER, SHELL, LANG, TZ and TMPDIR of it, and with `user` only PATH, LANG and TZ. HOME, USER, LOGNAME and SHELL are always those of `user`.',
  }),
  instances: key('instances', instances, {or: 1, doc: 'How many copies run; `cpus` for one for each processor.'}),
  after: key('after', names, {
    or: [],
    doc: 'Workers that are started, and ready, before this one, and stopped after it.',
  }),
  requires: key('requires', names, {
    or: [],
    doc: 'As `after`; and when one of these stops or fails, this one is stopped too.',
  }),
  restart: key(
    'restart',
    choice<RestartPolicy>({
      always: {doc: 'however it ended', alias: 'permanent'},
      'on-failure': {doc: 'unless it ended well (see `success`)', alias: 'transient'},
      never: {doc: 'once is enough', alias: 'temporary'},
    }),
    {
      or: 'always',
      doc: 'When it is started again after it has ended.',
    },
  ),
  success: key('success', success, {
    or: [0],
    doc: 'Exit codes and signals that count as ending well.',
    example: '[0, SIGTERM]',
  }),
  backoff: key('backoff', run.backoff, {or: run.backoffDefaults, doc: 'How long restarts wait.'}),
  give_up: key('giveUp', run.giveUp, {or: run.giveUpDefaults, doc: 'When restarting is given up.'}),
  stop: key('stop', run.stop, {or: run.stopDefaults, doc: 'How it is stopped.'}),
  ready: key('ready', ready, {
    or: null,
    orText: 'ready when spawned',
    doc: 'How it shows that it is ready.',
    example: '{tcp: 5432, timeout: 30s}',
  }),
  health: key('health', health, {
    or: null,
    doc: 'How it is found out whether it is still well.',
    example: '{tcp: 5432, every: 5s}',
  }),
  watchdog: key('watchdogMs', duration({low: 1, example: '10s'}), {
    or: null,
    doc: '`WATCHDOG=1` (sd_notify(3)) at least this often once it is ready, or else SIGABRT and a restart.',
  }),
  alarm: key('alarmMs', duration({low: 1, example: '5m'}), {or: null, doc: 'SIGALRM after so long in one run.'}),
  max_runtime: key('maxRuntimeMs', duration({low: 1, example: '1h'}), {
    or: null,
    doc: 'A run is stopped after so long; then `restart` decides.',
  }),
  nice: key('nice', niceness, {
    or: null,
    orText: 'the supervisor’s',
    doc: 'The nice value, absolute; below 0 needs root.',
  }),
  limits: key('limits', run.limits, {
    or: run.limitDefaults,
    orText: 'none',
    doc: 'What a run may use.',
    example: '{nofile: 4096, core: 0}',
  }),
  user: key('user', userName, {
    or: null,
    orText: 'the supervisor’s',
    doc: 'The user that it runs as; needs root. A number need not have an account: its group has the same number, and HOME is `/`. `cwd` is entered, `env_file` read and the program looked for as that user, and its environment reaches no process of root.',
  }),
  groups: key('groups', list(groupName, {unique: true}), {
    or: null,
    orText: 'none',
    doc: 'Supplementary groups beside those of its user, by name or number. Needs root.',
    example: '[adm, video]',
  }),
  no_new_privs: key('noNewPrivs', boolean, {
    or: null,
    orText: '`false`',
    doc: 'Whether nothing that it executes may gain privileges: setuid programs and file capabilities have no effect (PR_SET_NO_NEW_PRIVS).',
  }),
  capabilities: key('capabilities', list(capability, {unique: true}), {
    or: null,
    orText: 'all that the supervisor has',
    doc: 'The bounding set of capabilities(7): what it, and whatever it executes, can have at most; `[]` for none. Needs root.',
    example: '[net_bind_service]',
  }),
  umask: key('umask', umask, {
    or: null,
    orText: 'the supervisor’s',
    doc: 'Permissions that new files do not get, in octal.',
  }),
  schedule: key('schedule', cronText, {
    or: null,
    doc: 'Runs at these times only (crontab(5), local time); `pending` between runs, none overlaps, missed ones are skipped.',
    example: "'*/5 * * * *'",
  }),
  watch: key('watch', list(watchedPath, {unique: true}), {
    or: [],
    doc: 'Files and folders whose change starts it anew, with all that is in them: whatever is meant to run, also what has failed or finished, but nothing that is stopped or paused. Of several changes in a row the first is named, once it has been quiet for 300 ms. What editors, version control and package managers leave there does not count.',
    example: '[src/]',
  }),
  watch_ignore: key('watchIgnore', list(pathPattern, {unique: true}), {
    or: [],
    doc: 'What does not count below `watch`: names (`*.log`) at any depth, or paths from the fleet file’s folder (`src/generated/**`); `*` and `?` stand for anything but a `/`, `**` for anything.',
    example: "['*.log', 'src/generated/**']",
  }),
  logs: key('logs', run.logs, {or: run.logDefaults, doc: 'What is kept of its output.'}),
  zombies: key(
    'zombies',
    choice<ZombiePolicy>({
      report: {doc: 'say so'},
      nudge: {doc: 'send SIGCHLD to the parent, in case it has missed one'},
      restart: {doc: 'restart the worker, as after a failure'},
    }),
    {
      or: 'report',
      doc: 'What is done about a dead process in its tree that its parent does not wait for.',
    },
  ),
  orphans: key(
    'orphans',
    choice<OrphanPolicy>({
      keep: {doc: 'leave it until the run ends'},
      kill: {doc: 'kill it at once (SIGKILL)'},
    }),
    {
      or: 'keep',
      doc: 'What is done about a process in its tree whose parent has died.',
    },
  ),
  channels: key('channels', names, {
    or: [],
    doc: 'The declared channels that it uses.',
    example: '[http, jobs]',
  }),
  hooks: key('hooks', hooks, {
    or: {},
    doc: 'Programs that are called when something happens to it.',
    example: "{failed: './page.sh'}",
  }),
};

export const workerKeys = {...commandKeys, ...specKeys};

type WorkerValues = Omit<WorkerSpec, 'name'>;

export const worker: Check<WorkerValues> = mapping<typeof workerKeys, WorkerValues>(
  {title: 'A worker', doc: 'A program to keep running.', keys: workerKeys},
  ({run: argv, sh, cwd, after, requires, envInherit, ...rest}, {spot, has, at}, context) => {
    if (has('run') && has('sh'))
      context.report.error(Math.max(at('run'), at('sh')), `${spot.label}: has run and sh: expected one of them`);
    if (!has('run') && !has('sh')) {
      context.report.error(
        spot.keyAt,
        `${spot.label}: has nothing to run: write run: PROGRAM ARGUMENT…, or sh: COMMAND`,
      );
    }
    const isOtherUser = rest.user !== null;
    if (isOtherUser && !has('env_inherit')) {
      context.report.note(
        at('user'),
        `${spot.label}.user: the supervisor's environment is not passed on to another user, but for PATH, LANG and TZ: env_inherit is false here unless it is written`,
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
