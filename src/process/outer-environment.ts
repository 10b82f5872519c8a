/** The environment that the supervisor was started with, as passed on to the programs it runs. */
import {OUTER_NODE_OPTIONS} from '../posix/node-flags.ts';

/** Variables meant for the supervisor itself, which would mislead a worker. */
const NOT_FOR_WORKERS =
  /^(BROOD_(?!HOME$)|NOTIFY_SOCKET$|LISTEN_(FDS|PID|FDNAMES)$|WATCHDOG_|JOURNAL_STREAM$|NODE_CHANNEL_|NODE_OPTIONS$)/;

/** Variables that remain with `env_inherit: false`, including the one for brood's own folder. */
const FEW = ['PATH', 'HOME', 'USER', 'SHELL', 'LANG', 'TZ', 'TMPDIR', 'BROOD_HOME'];

/** Returns the environment that the supervisor was started with, for workers. */
export function outerEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const outer: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !NOT_FOR_WORKERS.test(name)) outer[name] = value;
  }
  const nodeOptions = env[OUTER_NODE_OPTIONS];
  if (nodeOptions !== undefined) outer['NODE_OPTIONS'] = nodeOptions;
  return outer;
}

/** Variables that describe the user who started the supervisor, and mislead programs of another user. */
const OF_USER = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'MAIL'];
/** Variables that remain with `env_inherit: false` for a worker of another user: none that describe a user. */
const FEW_FOR_OTHERS = ['PATH', 'LANG', 'TZ', 'BROOD_HOME'];

export interface Heir {
  /** Whether the worker inherits the whole environment. */
  readonly inherit: boolean;
  /** Whether the worker's user differs from the supervisor's. */
  readonly isOtherUser: boolean;
}

/** Returns the part of the environment that a worker inherits. */
export function inheritedBy(
  outer: Readonly<Record<string, string>>,
  {inherit, isOtherUser}: Heir,
): Record<string, string> {
  const isTold = (name: string): boolean => {
    if (inherit) return !isOtherUser || !OF_USER.includes(name);
    return (isOtherUser ? FEW_FOR_OTHERS : FEW).includes(name);
  };
  return Object.fromEntries(Object.entries(outer).filter(([name]) => isTold(name)));
}
