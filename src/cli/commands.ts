/** The table of commands. Each command is loaded on demand. */
import type {Command, CommandTable, Group} from './framework/command.ts';

type Loaders = Readonly<Record<string, () => Promise<Command>>>;

/** All commands, by their group in help: one line each. */
const GROUPS: Readonly<Record<string, Loaders>> = {
  Fleet: {
    up: async () => (await import('./commands/up.ts')).up,
    down: async () => (await import('./commands/down.ts')).down,
    apply: async () => (await import('./commands/apply.ts')).apply,
    upgrade: async () => (await import('./commands/upgrade.ts')).upgrade,
    check: async () => (await import('./commands/check.ts')).check,
    ls: async () => (await import('./commands/ls.ts')).ls,
  },
  Workers: {
    start: async () => (await import('./commands/start.ts')).start,
    stop: async () => (await import('./commands/stop.ts')).stop,
    restart: async () => (await import('./commands/restart.ts')).restart,
    reload: async () => (await import('./commands/reload.ts')).reload,
    pause: async () => (await import('./commands/pause.ts')).pause,
    resume: async () => (await import('./commands/resume.ts')).resume,
    scale: async () => (await import('./commands/scale.ts')).scale,
    add: async () => (await import('./commands/add.ts')).add,
    remove: async () => (await import('./commands/remove.ts')).remove,
  },
  Inspection: {
    top: async () => (await import('./commands/top.ts')).top,
    ps: async () => (await import('./commands/ps.ts')).ps,
    status: async () => (await import('./commands/status.ts')).status,
    tree: async () => (await import('./commands/tree.ts')).tree,
    ipc: async () => (await import('./commands/ipc.ts')).ipc,
    why: async () => (await import('./commands/why.ts')).why,
    doctor: async () => (await import('./commands/doctor.ts')).doctor,
    trace: async () => (await import('./commands/trace.ts')).trace,
    logs: async () => (await import('./commands/logs.ts')).logs,
    events: async () => (await import('./commands/events.ts')).events,
  },
  'Signals and priority': {
    signal: async () => (await import('./commands/signal.ts')).signal,
    nice: async () => (await import('./commands/nice.ts')).nice,
    alarm: async () => (await import('./commands/alarm.ts')).alarm,
  },
  Other: {
    completion: async () => (await import('./commands/completion.ts')).completion,
    help: async () => (await import('./commands/help.ts')).help,
  },
};

/** Commands for completion scripts only; help does not list them. */
const HIDDEN: Loaders = {
  __complete: async () => (await import('./commands/complete.ts')).complete,
};

const LISTED = new Map(Object.values(GROUPS).flatMap(loaders => Object.entries(loaders)));
const ALL = new Map([...LISTED, ...Object.entries(HIDDEN)]);

export const commandTable: CommandTable = {
  names: [...LISTED.keys()],
  groups: Object.entries(GROUPS).map(([title, loaders]): Group => ({title, names: Object.keys(loaders)})),
  async load(name) {
    return (await ALL.get(name)?.()) ?? null;
  },
  loadAll: () => Promise.all([...LISTED.values()].map(load => load())),
};
