/** Workers whose children leave their cgroup, session, environment and output, as container engines do. */
import {mkdirSync, readFileSync, rmdirSync} from 'node:fs';
import {join} from 'node:path';
import {until, type TestFleet} from '../end-to-end/harness.ts';
import {commandLine, everyProcess, lives, send, type Seen} from '../end-to-end/processes.ts';
import {isRoot, using} from '../end-to-end/wrapped.ts';

/** Mount point of cgroup v2, or null. */
export const unified =
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find(line => line.includes(' - cgroup2 '))
    ?.split(' ')[4] ?? null;

function whyNoCgroup(): string | null {
  if (!isRoot) return 'it takes root to move a process to another cgroup';
  if (unified === null) return 'no cgroup v2 is mounted';
  const tried = join(unified, `brood-test-${process.pid}-tried`);
  try {
    mkdirSync(tried);
    rmdirSync(tried);
    return null;
  } catch (error) {
    return `no cgroup can be made: ${String(error)}`;
  }
}

export const skipped = whyNoCgroup();

let count = 0;

/** A cgroup outside the fleet's, and a number that identifies the processes in it. */
export class Away {
  readonly path = join(unified ?? '/', `brood-test-${process.pid}-${++count}`);
  readonly seconds = 3_000_000 + process.pid * 10 + (count % 10);

  constructor() {
    mkdirSync(this.path);
  }

  /** The final program: without environment and output, in a session of its own. */
  get #sleep(): string {
    return `os.setsid()
for fd in (0, 1, 2): os.dup2(os.open("/dev/null", os.O_RDWR), fd)
os.execve("/bin/sleep", ["sleep", "${this.seconds}"], {})`;
  }

  get #move(): string {
    return `open("${this.path}/cgroup.procs", "w").write(str(os.getpid()))`;
  }

  /** The child moves away and forks a daemon; the exit of the child, once the file `go` exists, orphans the daemon. */
  daemon(go: string | null = null): {run: string[]} {
    const wait = go === null ? '' : `while not os.path.exists("${go}"): time.sleep(0.02)`;
    const indented = this.#sleep.replaceAll('\n', '\n    ');
    return python(`if os.fork() == 0:
  ${this.#move}
  if os.fork() == 0:
    ${indented}
  ${wait}
  os._exit(0)
os.wait()
time.sleep(1000)`);
  }

  /** The main process makes a sibling of its own (CLONE_PARENT): a child of the keeper, which moves away. */
  sibling(): {run: string[]} {
    const indented = this.#sleep.replaceAll('\n', '\n  ');
    return python(`libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
if libc.syscall(number, 0x8000 | 17, 0, 0, 0, 0) == 0:
  ${this.#move}
  ${indented}
time.sleep(1000)`);
  }

  /** The living processes that moved away. */
  get seen(): Seen[] {
    return everyProcess().filter(({pid}) => lives(pid) && commandLine(pid).join(' ') === `sleep ${this.seconds}`);
  }

  /** Returns the process that moved away, once it is a child of `parent`. */
  orphan(parent: () => number): Promise<Seen> {
    return until('the process that moved away to be an orphan', () => {
      const [seen] = this.seen;
      return seen !== undefined && seen.ppid === parent() && seen;
    });
  }

  async end(): Promise<void> {
    for (const seen of this.seen) send(seen, 'SIGKILL');
    await until(`the cgroup ${this.path} to be empty`, () => {
      try {
        rmdirSync(this.path);
        return true;
      } catch (error) {
        return error instanceof Error && 'code' in error && error.code === 'ENOENT';
      }
    });
  }
}

const python = (script: string): {run: string[]} => ({run: ['python3', '-c', `import ctypes, os, time\n${script}`]});

/** Runs `body` with a fleet and a number of cgroups outside it. */
export async function withAway(
  names: number,
  make: (away: readonly Away[]) => TestFleet,
  body: (fleet: TestFleet, away: readonly Away[]) => Promise<void>,
): Promise<void> {
  const away = Array.from({length: names}, () => new Away());
  try {
    await using(make(away), fleet => body(fleet, away));
  } finally {
    for (const one of away) await one.end();
  }
}
