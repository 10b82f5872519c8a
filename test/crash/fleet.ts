/** A fleet of the instrumented program, polled over its control socket, which costs less than a command each time. */
import {spawn, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {TAG, TestFleet} from '../end-to-end/harness.ts';
import {environment, lives, look} from '../end-to-end/processes.ts';
import {asOrdinary, giveTo, ORDINARY_UID} from '../end-to-end/wrapped.ts';
import type {Client} from '../../src/control/client.ts';
import {connectFleet} from '../../src/control/connect.ts';
import type {PsReport} from '../../src/control/reports.ts';
import {pathOf, socketFolders} from '../../src/posix/socket-folder.ts';
import type {Program} from './build.ts';
import type {Plan} from './runtime.ts';

let addresses = 0;

function nextAddress(): string {
  const number = (process.pid << 10) + addresses++;
  return `127.${100 + ((number >> 16) & 127)}.${(number >> 8) & 255}.${number & 255}`;
}

/** The properties of a fleet. */
export interface Setting {
  /** Returns the fleet file; `address` is local and unique to the trial. */
  readonly fleet: (address: string) => object;
  /** Further files, by their paths in the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Other users may traverse the folder, and register their main processes in it. */
  readonly isOpen?: true;
  /**
   * The fleet belongs to a user without cgroups: the process connector identifies the workers' processes. Needs root.
   */
  readonly ordinary?: true;
}

export class CrashFleet extends TestFleet {
  readonly #next: string;
  /** Words before each command. */
  readonly #prefix: readonly string[];
  readonly #isOrdinary: boolean;
  #program: string;
  #client: Client | null = null;

  /** A local address (all of 127.0.0.0/8 is) unique to the trial. */
  readonly address: string;

  constructor({folder, next}: Program, {fleet, files, isOpen, ordinary}: Setting, plan: Plan) {
    const address = nextAddress();
    super(fleet(address), files);
    this.address = address;
    this.#program = folder;
    this.#next = next;
    if (isOpen) {
      chmodSync(this.folder, 0o711);
      mkdirSync(this.path('mains'));
      chmodSync(this.path('mains'), 0o1777);
    }
    this.#isOrdinary = ordinary === true;
    this.#prefix = ordinary ? asOrdinary() : [];
    mkdirSync(this.path('crash'));
    writeFileSync(this.path('crash', 'plan.json'), JSON.stringify(plan));
    if (ordinary) giveTo(ORDINARY_UID, this.folder);
  }

  override start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program = '', ...words] = [...this.#prefix, process.execPath, join(this.#program, 'cli.js'), ...args];
    return spawn(program, words, {
      cwd: this.folder,
      env: {...this.env, CRASH_FOLDER: this.path('crash')},
      stdio: 'ignore',
      ...options,
    });
  }

  /** Switches commands to the other version. */
  install(): void {
    this.#program = this.#next;
  }

  /** Sets the current step of the scenario. */
  set phase(name: string) {
    writeFileSync(this.path('crash', 'phase'), name);
  }

  /** Whether the planned process has died. */
  get hasDied(): boolean {
    return existsSync(this.path('crash', 'died'));
  }

  /** Returns the recorded points: process to lines. */
  passed(): Map<string, string[]> {
    const names = readdirSync(this.path('crash')).filter(name => name.startsWith('passed.'));
    return new Map(
      names.map(name => [name.slice('passed.'.length), this.read('crash', name).split('\n').filter(Boolean)]),
    );
  }

  /** The fleet's folder below BROOD_HOME. */
  get state(): string {
    const [name] = readdirSync(this.home);
    return join(this.home, name ?? 'none');
  }

  /** Returns the possible folders of its sockets. */
  socketFolders(): string[] {
    const uid = this.#isOrdinary ? ORDINARY_UID : (process.getuid?.() ?? 0);
    return socketFolders(this.state, this.env, uid).map(pathOf);
  }

  /** Returns the controller's report, or null if there is no response. */
  async report(): Promise<PsReport | null> {
    try {
      if (this.#client === null || this.#client.closed)
        this.#client = await connectFleet(this.state, {timeoutMs: 1_000});
      return await this.#client.call('ps', {});
    } catch {
      return null;
    }
  }

  /**
   * Returns every main process ever started for the instance, oldest first, as recorded by the processes themselves.
   */
  mains(id: string): number[] {
    return this.read('mains', id).split('\n').filter(Boolean).map(Number);
  }

  /** Returns those that are alive; their pids may have been reused. */
  livingMains(id: string): number[] {
    return this.mains(id).filter(pid => {
      const ours = environment(pid).includes(`${TAG}=${this.folder}`);
      return ours && lives(pid) && look(pid)?.sid === pid;
    });
  }

  /** Returns the folder of the cgroups of this fleet's runs, or null. */
  cgroup(pid: number): string | null {
    const mount = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find(line => / - cgroup2 /.test(line))
      ?.split(' ')[4];
    const path = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1];
    const base = path?.match(/^(.*\/brood-[^/]+)\/[^/]+$/)?.[1];
    return mount === undefined || base === undefined ? null : join(mount, base);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    // Without this, the sockets of a fleet that could not be ended would remain for ever.
    const folders = existsSync(this.home) ? this.socketFolders() : [];
    await super[Symbol.asyncDispose]();
    for (const folder of folders) rmSync(folder, {recursive: true, force: true});
  }
}
