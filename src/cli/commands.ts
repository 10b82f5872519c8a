/** The table of commands. Each command is loaded on demand. */
import type {Command, CommandTable, Group} from './framework/command.ts';

const LOADERS = {
  up: async () => (await import('./commands/up.ts')).up,
  down: async () => (await import('./commands/down.ts')).down,
  start: async () => (await import('./commands/start.ts')).start,
  stop: async () => (await import('./commands/stop.ts')).stop,
  restart: async () => (await import('./commands/restart.ts')).restart,
  reload: async () => (await import('./commands/reload.ts')).reload,
  pause: async () => (await import('./commands/pause.ts')).pause,
  resume: async () => (await import('./commands/resume.ts')).resume,
  apply: async () => (await import('./commands/apply.ts')).apply,
  upgrade: async () => (await import('./commands/upgrade.ts')).upgrade,
  scale: async () => (await import('./commands/scale.ts')).scale,
  add: async () => (await import('./commands/add.ts')).add,
  remove: async () => (await import('./commands/remove.ts')).remove,
  check: async () => (await import('./commands/check.ts')).check,
  ls: async () => (await import('./commands/ls.ts')).ls,
  ps: async () => (await import('./commands/ps.ts')).ps,
  tree: async () => (await import('./commands/tree.ts')).tree,
  ipc: async () => (await import('./commands/ipc.ts')).ipc,
  status: async () => (await import('./commands/status.ts')).status,
  why: async () => (await import('./commands/why.ts')).why,
  trace: async () => (await import('./commands/trace.ts')).trace,
  top: async () => (await import('./commands/top.ts')).top,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  logs: async () => (await import('./commands/logs.ts')).logs,
  events: async () => (await import('./commands/events.ts')).events,
  signal: async () => (await import('./commands/signal.ts')).signal,
  nice: async () => (await import('./commands/nice.ts')).nice,
  alarm: async () => (await import('./commands/alarm.ts')).alarm,
  completion: async () => (await import('./commands/completion.ts')).completion,
  help: async () => (await import('./commands/help.ts')).help,
} satisfies Readonly<Record<string, () => Promise<Command>>>;

/** Commands for completion scripts only; help does not list them. */
const HIDDEN = {
  __complete: async () => (await import('./commands/complete.ts')).complete,
} satisfies Readonly<Record<string, () => Promise<Command>>>;

const all: Readonly<Record<string, () => Promise<Command>>> = {...LOADERS, ...HIDDEN};

/** The groups of commands in help. */
const GROUPS: readonly Group[] = [
  {title: 'The fleet', names: ['up', 'down', 'apply', 'upgrade', 'check', 'ls']},
  {title: 'Its workers', names: ['start', 'stop', 'restart', 'reload', 'pause', 'resume', 'scale', 'add', 'remove']},
  {title: 'Look', names: ['top', 'ps', 'status', 'tree', 'ipc', 'why', 'doctor', 'trace', 'logs', 'events']},
  {title: 'Signals', names: ['signal', 'nice', 'alarm']},
  {title: 'More', names: ['completion', 'help']},
];

export const commandTable: CommandTable = {
  names: Object.keys(LOADERS),
  groups: GROUPS,
  async load(name) {
    const loader = Object.hasOwn(all, name) ? all[name] : undefined;
    return loader ? loader() : null;
  },
  loadAll: () => Promise.all(Object.values(LOADERS).map(load => load())),
};
