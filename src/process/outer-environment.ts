/** The environment in which the supervisor was started, as the programs that it runs are to see it. */
import {OUTER_NODE_OPTIONS} from '../posix/node-flags.ts';

/** What was meant for the supervisor itself, and would mislead a worker. */
const NOT_FOR_WORKERS =
  /^(BROOD_(?!HOME$)|NOTIFY_SOCKET$|LISTEN_(FDS|PID|FDNAMES)$|WATCHDOG_|JOURNAL_STREAM$|NODE_CHANNEL_|NODE_OPTIONS$)/;

/** What `env_inherit: false` leaves of it (design.md section 6), and where brood keeps its things. */
const FEW = ['PATH', 'HOME', 'USER', 'SHELL', 'LANG', 'TZ', 'TMPDIR', 'BROOD_HOME'];

/** The environment in which the supervisor was started, for workers. */
export function outerEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const outer: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !NOT_FOR_WORKERS.test(name)) outer[name] = value;
  }
  const nodeOptions = env[OUTER_NODE_OPTIONS];
  if (nodeOptions !== undefined) outer['NODE_OPTIONS'] = nodeOptions;
  return outer;
}

/** What is left of it for a worker that does not inherit it. */
export function fewOf(outer: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(outer).filter(([name]) => FEW.includes(name)));
}
