/** The place of a run: its folder, the fleet's home (a small file system where one can be mounted), its commands. */
import {spawn, spawnSync} from 'node:child_process';
import {
  accessSync,
  appendFileSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {TAG} from './observation.ts';

/** Variables that would change the behaviour of the program under test. */
const NOT_FOR_FLEETS = /^(BROOD_|NOTIFY_SOCKET$|LISTEN_|WATCHDOG_|FORCE_COLOR$|NODE_OPTIONS$|NODE_ENV$|MAKE|MFLAGS$)/;
const COMMAND_MS = 60_000;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Arena {
  readonly folder: string;
  readonly home: string;
  readonly ledger: string;
  /** The folder of the project. */
  readonly project: string;
  /** Whether the home is a file system of its own, which may be filled. */
  readonly ownDisk: boolean;
  readonly #env: Readonly<Record<string, string>>;

  /** @param mountMiB mounts a file system of that size; only in a mount namespace of its own */
  constructor(project: string, mountMiB: number | null) {
    this.project = project;
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'brood-chaos-')));
    this.home = join(this.folder, 'home');
    this.ledger = join(this.folder, 'ledger');
    mkdirSync(this.home);
    mkdirSync(this.ledger);
    this.ownDisk =
      mountMiB !== null &&
      spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mountMiB}m,mode=755`, 'none', this.home]).status === 0;
    const env: Record<string, string> = {BROOD_HOME: this.home, NO_COLOR: '1', [TAG]: this.folder};
    for (const [name, value] of Object.entries(process.env)) {
      if (value !== undefined && !NOT_FOR_FLEETS.test(name)) env[name] ??= value;
    }
    this.#env = env;
    // A copy, so that a build in the meantime does not change the program under test. Two, since an upgrade needs a
    // target.
    for (const edition of EDITIONS) {
      const copy = join(this.folder, `edition-${edition}`);
      cpSync(join(project, 'dist'), join(copy, 'dist'), {recursive: true});
      cpSync(join(project, 'package.json'), join(copy, 'package.json'));
      for (const name of readdirSync(join(copy, 'dist')).filter(one => one.endsWith('.cjs')))
        appendFileSync(join(copy, 'dist', name), `// edition ${edition}\n`);
      symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
    }
  }

  /** The fleet's folder; null before the first `up`. */
  get fleetFolder(): string | null {
    const name = readdirSync(this.home).find(one => one.startsWith('chaos-'));
    return name === undefined ? null : join(this.home, name);
  }

  get logs(): string {
    return join(this.fleetFolder ?? this.home, 'logs');
  }

  /** Runs a brood command to its end, without blocking anything else; never throws. */
  run(args: readonly string[], edition: Edition = 'a'): Promise<Ran> {
    const program = join(this.folder, `edition-${edition}`, 'dist', 'cli.js');
    const child = spawn(process.execPath, [program, ...args], {
      cwd: this.folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    return new Promise(resolve => {
      const timer = setTimeout(() => {
        err += `\n(killed after ${COMMAND_MS} ms)`;
        child.kill('SIGKILL');
      }, COMMAND_MS);
      const done = (code: number): void => {
        clearTimeout(timer);
        resolve({code, out, err});
      };
      child.once('close', code => done(code ?? -1));
      child.once('error', error => {
        err += error.message;
        done(-1);
      });
    });
  }
}

/** Copies of the program that differ only in their bytes. */
export const EDITIONS = ['a', 'b'] as const;
export type Edition = (typeof EDITIONS)[number];

/**
 * Whether runs get cgroups of their own here, which find even processes that have dropped every trace of their worker.
 */
export function cgroupsAreWritable(): boolean {
  try {
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find(entry => / - cgroup2 /.test(entry));
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    accessSync(join(line?.split(' ')[4] ?? '/nowhere', own), constants.W_OK);
    return line !== undefined;
  } catch {
    return false;
  }
}
