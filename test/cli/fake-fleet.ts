/** A fleet whose controller is this process, with canned answers, and the built command line. */
import {spawn, type ChildProcess} from 'node:child_process';
import {appendFileSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {onTestFinished} from 'vitest';
import {fleetFolder, fleetId, inFolder} from '../../src/control/folder.ts';
import type {InstanceDetail, Outcome, PsReport, WorkerReport} from '../../src/control/reports.ts';
import {ControlServer, type ControlServerOptions} from '../../src/control/server.ts';
import {scratch} from '../control/helpers.ts';

export const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line as a child process. */
export class Running {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<Ran>;

  constructor(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [cli, ...args], {cwd, env, stdio: ['ignore', 'pipe', 'pipe']});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = new Promise(resolve => {
      this.child.once('close', code => resolve({code, out: this.out, err: this.err}));
    });
    onTestFinished(() => void this.child.kill('SIGKILL'));
  }
}

export class FakeFleet {
  readonly cwd: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly #name: string;
  #seq = 0;
  #server: ControlServer | null = null;

  constructor(name = 'shop', yaml = `fleet: ${name}\nworkers: {web: {run: sleep 1000}}\n`) {
    const root = scratch();
    this.#name = name;
    this.cwd = join(root, 'checkout');
    mkdirSync(this.cwd);
    writeFileSync(this.file, yaml);
    const inherited = Object.entries(process.env).filter(
      ([key]) => !/^(BROOD_|FORCE_COLOR$|NO_COLOR$|VITEST)/.test(key),
    );
    // A tag by which test/setup.ts finds processes that a test leaves running.
    this.env = {...Object.fromEntries(inherited), BROOD_HOME: join(root, 'home'), TEST_FLEET: root};
    this.folder = fleetFolder(name, this.file, this.env);
    mkdirSync(this.folder, {recursive: true});
    const described = {name, file: this.file, dir: this.cwd, id: fleetId(name, this.file)};
    writeFileSync(inFolder.fleet(this.folder), JSON.stringify(described));
  }

  get file(): string {
    return join(this.cwd, 'brood.yaml');
  }

  /** Starts the controller; the lock contains the pid of `keeper`, by default this process. */
  async serve(handlers: ControlServerOptions['handlers'], keeper = process.pid): Promise<this> {
    this.#server = new ControlServer({
      socketPath: inFolder.socket(this.folder),
      handlers,
      peerOf: () => ({uid: 0, pid: process.pid}),
      allowedUids: new Set([0]),
    });
    await this.#server.listen();
    onTestFinished(() => this.close());
    this.lock(keeper);
    return this;
  }

  lock(pid: number): void {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    writeFileSync(inFolder.lock(this.folder), JSON.stringify({pid, startTime, anchor: null}));
  }

  /** Simulates the end of the supervisor, which empties its lock. */
  async close(): Promise<void> {
    writeFileSync(inFolder.lock(this.folder), '');
    await this.loseController();
  }

  /** Simulates the loss of the controller; the keeper in the lock remains. */
  async loseController(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    await server?.close();
  }

  /** Writes a journal record and sends it to all watchers. */
  event(type: string, fields: Record<string, unknown> = {}, at = Date.now()): void {
    const record = {seq: ++this.#seq, at: new Date(at).toISOString(), type, ...fields};
    appendFileSync(inFolder.journal(this.folder), JSON.stringify(record) + '\n');
    this.#server?.broadcastEvent(record);
  }

  start(...args: string[]): Running {
    return new Running(args, this.cwd, this.env);
  }

  run(...args: string[]): Promise<Ran> {
    return this.start(...args).ended;
  }

  ps(...workers: readonly WorkerReport[]): PsReport {
    const guarantees = {lineage: 'lineage', anchored: true, weaker: []} as const;
    const supervisor = {
      anchor: null,
      pid: process.pid,
      controller: process.pid,
      startedAt: NOW,
      version: '1',
      guarantees,
    };
    return {fleet: this.#name, file: this.file, supervisor, storm: null, workers};
  }
}

export const NOW = '2024-05-01T12:00:00.000Z';

export const worker = (id: string, fields: Partial<WorkerReport> = {}): WorkerReport => ({
  id,
  worker: id.split('/')[0]!,
  instance: Number(id.split('/')[1]),
  group: null,
  status: 'ready',
  flags: [],
  pid: 4711,
  state: 'S',
  nice: 0,
  restarts: 0,
  startedAt: NOW,
  uptimeMs: 192_000,
  cpuPercent: 1.25,
  rssBytes: 52_428_800,
  adopted: false,
  exit: null,
  reason: null,
  statusText: null,
  nextRunAt: null,
  ...fields,
});

export const detail = (id: string, fields: Partial<InstanceDetail> = {}): InstanceDetail => ({
  ...worker(id),
  command: ['node', 'server.js', '--name', 'a b'],
  cwd: '/srv/shop',
  env: {PORT: '3000', API_TOKEN: '***'},
  restart: 'always',
  after: ['db'],
  requires: [],
  run: 'f00d',
  wanted: 'up',
  restartsInARow: 0,
  groups: [],
  retryAt: null,
  alarmAt: null,
  readyBy: null,
  health: null,
  watch: null,
  limits: {nofile: null, core: null, memory: null, cpu: null},
  phase: null,
  watchdogMs: null,
  proof: null,
  survivors: [],
  processes: [
    {pid: 4711, ppid: 1, state: 'S', name: 'node', command: 'node server.js'},
    {pid: 4712, ppid: 4711, state: 'Z', name: 'sh', command: ''},
  ],
  logFolder: '/x/logs/web.1',
  ...fields,
});

export const outcome = (id: string, fields: Partial<Outcome> = {}): Outcome => ({
  id,
  status: 'stopped',
  ok: true,
  reason: null,
  proof: null,
  survivors: [],
  ...fields,
});
