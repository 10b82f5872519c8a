/** A fleet of the built program in a folder of its own. Its processes and folder are removed however the test ends. */
import type {EventRecord} from '../../src/journal/record.ts';
import {spawn, spawnSync, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {release, tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {inFolder} from '../../src/control/folder.ts';
import {recordsAfter} from '../../src/journal/read.ts';
import {askSocket} from './ask-socket.ts';
import type {PsReport, WorkerReport} from '../../src/control/reports.ts';
import {isProbing, until} from './until.ts';
import {commandLine, environment, everyProgram, send, workingFolder, type Seen} from './processes.ts';

export {until} from './until.ts';

export const project = fileURLToPath(new URL('../..', import.meta.url));
export const cli = join(project, 'dist', 'cli.js');

/** Environment variable of every process of a test fleet. No BROOD_ prefix: workers do not inherit such variables. */
export const TAG = 'TEST_FLEET';

/**
 * Environment variable with the command line, split at spaces, of a launcher that removes kernel features from the
 * program under test (test/lesser). The supervisor that the program starts inherits the restriction.
 */
const UNDER = 'TEST_UNDER';
const under = (process.env[UNDER] ?? '').split(' ').filter(Boolean);

/** Whether the launcher refuses a system call (a name of test/lesser/refuse.c) to the program under test. */
export const refused = (call: string): boolean => under.includes(call);

/** Since Linux 6.15 any holder of a pidfd can read the exit status of the process, even after it was reaped. */
export const tellsEnds = ((): boolean => {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return (major > 6 || (major === 6 && minor >= 15)) && !refused('pidfd_open');
})();

const COMMAND_MS = 40_000;
/** Variables of a terminal, another supervisor or the test runner that would change the program under test. */
const NOT_FOR_FLEETS =
  /^(BROOD_|NOTIFY_SOCKET$|LISTEN_|WATCHDOG_|FORCE_COLOR$|NODE_OPTIONS$|NODE_ENV$|VITEST|TEST$|TEST_UNDER$)/;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class TestFleet {
  /** Folder of the fleet file, and working folder of the commands. */
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Launcher command that precedes the program under test. */
  readonly under: readonly string[];

  /** Whether commands run as another user or in another namespace. */
  protected readonly isWrapped: boolean = false;

  /**
   * @param fleet the fleet file, as YAML or as an object (JSON is YAML)
   * @param files further files by their path in the folder, made executable
   * @param launcher launcher command that precedes the program under test
   */
  constructor(fleet: string | object, files: Readonly<Record<string, string>> = {}, launcher = under) {
    this.under = launcher;
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'brood-test-')));
    this.home = join(this.folder, 'home');
    mkdirSync(this.home);
    const env: Record<string, string> = {BROOD_HOME: this.home, NO_COLOR: '1', [TAG]: this.folder};
    for (const [name, value] of Object.entries(process.env)) {
      if (value !== undefined && !NOT_FOR_FLEETS.test(name)) env[name] ??= value;
    }
    this.env = env;
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), {recursive: true});
      writeFileSync(this.path(name), content, {mode: 0o755});
    }
    this.write(fleet);
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(fleet: string | object, name = 'brood.yaml'): void {
    writeFileSync(this.path(name), typeof fleet === 'string' ? fleet : JSON.stringify(fleet, null, 2));
  }

  /** Returns the text of a file in the folder, or '' if there is none (yet). */
  read(...names: string[]): string {
    try {
      return readFileSync(this.path(...names), 'utf8');
    } catch {
      return '';
    }
  }

  /** Runs a command to its end; never throws. */
  run(...args: string[]): Ran {
    const [program = '', ...words] = this.#commandLine(args);
    const {status, stdout, stderr, error} = spawnSync(program, words, {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
    return {code: status ?? -1, out: stdout, err: error ? `${stderr}${error.message}` : stderr};
  }

  /** Like `run`, but asynchronous, so that several commands can run at once. */
  async runAsync(...args: string[]): Promise<Ran> {
    const child = this.start(args, {stdio: ['ignore', 'pipe', 'pipe']});
    const timer = setTimeout(() => child.kill('SIGKILL'), COMMAND_MS);
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    const code = await new Promise<number>(resolve => {
      child.once('close', status => resolve(status ?? -1));
      child.once('error', () => resolve(-1));
    });
    clearTimeout(timer);
    return {code, out, err};
  }

  /** Starts a command and leaves it running. */
  start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const [program = '', ...words] = this.#commandLine(args);
    return spawn(program, words, {cwd: this.folder, env: this.env, stdio: 'ignore', ...options});
  }

  #commandLine(args: readonly string[]): string[] {
    return [...this.under, process.execPath, cli, ...args];
  }

  json(...args: string[]): unknown {
    const {code, out, err} = this.run(...args, '--json');
    try {
      return JSON.parse(out);
    } catch {
      throw new Error(`brood ${args.join(' ')} --json: exit ${code}, and no JSON: ${(out + err).slice(0, 500)}`);
    }
  }

  /** Runs a command that prints one JSON object per line; returns the objects. */
  ndjson(...args: string[]): unknown[] {
    return this.run(...args, '--json')
      .out.split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as unknown);
  }

  /** Returns the events of the journal, oldest first. A poll reads the files itself, as the command does. */
  events(type?: string): EventRecord[] {
    const folder = isProbing() ? this.#stateFolder() : null;
    const all = folder === null ? (this.ndjson('events', '-n', 'all') as EventRecord[]) : [...recordsAfter(folder, -1)];
    return type === undefined ? all : all.filter(event => event.type === type);
  }

  /** Starts the fleet in the background. */
  up(...args: string[]): this {
    const {code, out, err} = this.run('up', '-d', ...args);
    if (code !== 0) throw new Error(`brood up -d: exit ${code}: ${(out + err).slice(0, 1000)}`);
    return this;
  }

  /** Returns the controller's report of the fleet. The request to the socket costs no process, as the command does. */
  ps(): PsReport {
    return (this.#ask('ps') ?? this.json('ps')) as PsReport;
  }

  /** Returns the controller's answer, or null if it does not answer at once: a command then waits for it. */
  #ask(method: string, params: object = {}): unknown {
    const folder = this.#stateFolder();
    return folder === null ? null : askSocket(inFolder.socket(folder), method, params);
  }

  /** Returns the only fleet folder in the home; null if there are none or several, or if commands run wrapped. */
  #stateFolder(): string | null {
    if (this.under.length > 0 || this.isWrapped) return null;
    const [folder, ...others] = readdirSync(this.home).map(name => join(this.home, name));
    return folder === undefined || others.length > 0 ? null : folder;
  }

  /** Returns the report of `web/2`, or for `web` that of its first instance. */
  worker(id: string): WorkerReport {
    const all = this.ps().workers;
    const found = all.find(worker => worker.id === id) ?? all.find(worker => worker.id === `${id}/1`);
    if (!found) throw new Error(`no worker ${id} among ${all.map(worker => worker.id).join(', ')}`);
    return found;
  }

  status(id: string, status: WorkerReport['status'], ms?: number): Promise<WorkerReport> {
    return this.#untilWorker(`${id} to be ${status}`, id, worker => worker.status === status, ms);
  }

  /** Waits until a process other than `pid` runs as this instance and is ready. */
  successor(id: string, pid: number, ms?: number): Promise<WorkerReport> {
    const is = (worker: WorkerReport): boolean =>
      worker.status === 'ready' && worker.pid !== null && worker.pid !== pid;
    return this.#untilWorker(`a successor of ${id} with pid ${pid}`, id, is, ms);
  }

  async #untilWorker(
    what: string,
    id: string,
    is: (worker: WorkerReport) => boolean,
    ms?: number,
  ): Promise<WorkerReport> {
    let last: WorkerReport | undefined;
    const probe = (): WorkerReport | null => {
      last = this.worker(id);
      return is(last) ? last : null;
    };
    try {
      return await until(what, probe, ms);
    } catch (error) {
      throw new Error(`${String(error)}\n${JSON.stringify(last)}\n${this.run('events', '-n', '20').out}`, {
        cause: error,
      });
    }
  }

  /** Waits until all named instances are ready; returns them in the order of the names. */
  async ready(...ids: string[]): Promise<WorkerReport[]> {
    const all: WorkerReport[] = [];
    for (const id of ids) all.push(await this.status(id, 'ready'));
    return all;
  }

  get anchor(): number {
    const {anchor} = this.ps().supervisor;
    if (anchor === null) throw new Error('the supervisor has no anchor');
    return anchor;
  }

  get keeper(): number {
    return this.ps().supervisor.pid;
  }

  get controller(): number {
    return this.ps().supervisor.controller;
  }

  /** Kills anchor, keeper and controller at once (all are stopped first), and leaves the workers alone. */
  killSupervisor(): void {
    const {anchor, pid, controller} = this.ps().supervisor;
    const victims = [anchor, pid, controller].filter(one => one !== null);
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const victim of victims) process.kill(victim, signal);
  }

  /**
   * Returns every living process of the fleet, the supervisor and the started commands. Some programs overwrite their
   * environment with a title, so the working folder and the command line count as well.
   */
  tagged(): Seen[] {
    const mark = `${TAG}=${this.folder}`;
    const here = (path: string): boolean => path === this.folder || path.startsWith(`${this.folder}/`);
    return everyProgram().filter(
      ({pid}) =>
        pid !== process.pid &&
        (environment(pid).includes(mark) ||
          here(workingFolder(pid)) ||
          commandLine(pid).some(word => word.includes(`${this.folder}/`))),
    );
  }

  /** Returns the living processes with that name (the first 15 characters of the program's name). */
  named(name: string): Seen[] {
    return this.tagged().filter(seen => seen.name === name);
  }

  async #down(): Promise<void> {
    const isAnswered = this.#ask('down', {now: true}) !== null;
    const isDown = isAnswered && (await until('all to end', () => this.tagged().length === 0).catch(() => false));
    if (!isDown) this.run('down', '--now');
  }

  /** Ends the fleet, kills processes that survive `down`, and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.tagged().length > 0) await this.#down();
    await until(`every process in ${this.folder} to end`, () => {
      const left = this.tagged();
      // All are stopped first, so that no survivor restarts a killed process.
      for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const seen of left) send(seen, signal);
      return left.length === 0;
    });
    rmSync(this.folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 50});
  }
}
