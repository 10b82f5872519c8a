/** Fleets that another program starts: as an ordinary user, with a limit, with signals ignored, in a namespace. */
import {spawn, spawnSync, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {chownSync, existsSync, readdirSync, readFileSync} from 'node:fs';
import {release} from 'node:os';
import {join} from 'node:path';
import {Connector} from '../../src/posix/connector.ts';
import {cli, refused, TestFleet, type Ran} from './harness.ts';

export const isRoot = process.getuid?.() === 0;

/** A uid that this machine does not use, so that its limit of processes is not shared. */
export const ORDINARY_UID = 64_321;

export const asOrdinary = (uid = ORDINARY_UID): string[] => [
  'setpriv',
  `--reuid=${uid}`,
  `--regid=${uid}`,
  '--clear-groups',
  '--',
];

export class WrappedFleet extends TestFleet {
  /** Precedes every command of this fleet. */
  prefix: readonly string[];
  protected override readonly isWrapped = true;

  constructor(prefix: readonly string[], fleet: string | object, files: Readonly<Record<string, string>> = {}) {
    super(fleet, files);
    this.prefix = prefix;
  }

  override run(...args: string[]): Ran {
    const [program = '', ...rest] = [...this.under, ...this.prefix, process.execPath, cli, ...args];
    const {status, stdout, stderr, error} = spawnSync(program, rest, {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 40_000,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
    return {code: status ?? -1, out: stdout, err: error ? `${stderr}${error.message}` : stderr};
  }

  override start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program = '', ...rest] = [...this.under, ...this.prefix, process.execPath, cli, ...args];
    return spawn(program, rest, {cwd: this.folder, env: this.env, stdio: 'ignore', ...options});
  }
}

/** Changes the owner of a folder and its contents. */
export function giveTo(uid: number, path: string): void {
  chownSync(path, uid, uid);
  for (const entry of readdirSync(path, {withFileTypes: true})) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) giveTo(uid, inner);
    else if (existsSync(inner)) chownSync(inner, uid, uid);
  }
}

/** A fleet of an ordinary user, without a cgroup, but since Linux 6.6 with the process connector. Needs root. */
export function ordinaryFleet(
  fleet: string | object,
  files: Readonly<Record<string, string>> = {},
  uid = ORDINARY_UID,
  prefix: readonly string[] = [],
): WrappedFleet {
  const made = new WrappedFleet([...prefix, ...asOrdinary(uid)], fleet, files);
  giveTo(uid, made.folder);
  return made;
}

/**
 * A fleet of an ordinary user in a network namespace of its own, also without the process connector: lineage alone
 * attributes processes to workers. Needs root.
 */
export const lineageFleet = (fleet: string | object, files: Readonly<Record<string, string>> = {}): WrappedFleet =>
  ordinaryFleet(fleet, files, ORDINARY_UID, ['unshare', '-n']);

/** A fleet of root without cgroups: the process connector attributes processes to workers. Needs root. */
export function connectorFleet(fleet: string | object, files: Readonly<Record<string, string>> = {}): WrappedFleet {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const paths = mounts.filter(line => line.includes(' - cgroup2 ')).map(line => line.split(' ')[4] ?? '');
  const script = 'for path do shift; [ "$path" != -- ] || break; umount -l "$path"; done; exec "$@"';
  return new WrappedFleet(['unshare', '-m', 'sh', '-c', script, 'sh', ...paths, '--'], fleet, files);
}

/** Reason why the process connector is not available here, or null. */
export const whyNoConnector = ((): string | null => {
  if (refused('netlink')) return 'TEST_UNDER refuses it';
  const opened = Connector.open({threadEnds: false, changes: false});
  if (!(opened instanceof Connector)) return opened.unavailable;
  opened.close();
  return null;
})();

const [major = 0, minor = 0] = release().split('.').map(Number);
const canEverybodyListen = major > 6 || (major === 6 && minor >= 6);
/** An event takes at least 500 bytes of a queue that holds twice the limit, and every process causes two events. */
const MORE_THAN_A_QUEUE = Math.ceil((Number(readFileSync('/proc/sys/net/core/rmem_max', 'utf8')) * 2) / 500 / 2);

/** Whether an ordinary user may listen to the process connector, and its queue can be overflowed in reasonable time. */
export const isFloodable = isRoot && whyNoConnector === null && canEverybodyListen && MORE_THAN_A_QUEUE < 40_000;

/** Causes more events than an ordinary user's queue holds; returns the exit code. */
export const flood = (): number | null =>
  spawnSync('perl', ['-e', `for (1..${MORE_THAN_A_QUEUE}) { my $p = fork; exit 0 if !$p; waitpid $p, 0 }`]).status;

/** Runs `body` with a fleet, and ends the fleet afterwards, also after an error. */
export async function using<F extends AsyncDisposable>(
  fleet: F,
  body: (fleet: F) => void | Promise<void>,
): Promise<void> {
  try {
    await body(fleet);
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}
