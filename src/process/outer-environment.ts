/** The environment in which the supervisor was started, as the programs that it runs are to see it. */
import {OUTER_NODE_OPTIONS} from '../posix/node-flags.ts';

/** What was meant for the supervisor itself, and would mislead a worker. */
const NOT_FOR_WORKERS =
  /^(BROOD_(?!HOME$)|NOTIFY_SOCKET$|LISTEN_(FDS|PID|FDNAMES)$|WATCHDOG_|JOURNAL_STREAM$|NODE_CHANNEL_|NODE_OPTIONS$)/;

/** What `env_inherit: false` leaves of it, and where brood keeps its things. */
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

/** What of it means the user who started the supervisor, and misleads another one's programs. */
const OF_USER = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'MAIL'];
/** What `env_inherit: false` leaves of it for a worker of another user: nothing of the supervisor's own. */
const FEW_FOR_OTHERS = ['PATH', 'LANG', 'TZ', 'BROOD_HOME'];

export interface Heir {
  /** Whether it inherits all of it. */
  readonly inherit: boolean;
  /** Whether its user is another than the supervisor's. */
  readonly isOtherUser: boolean;
}

/** What a worker finds of it. */
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
