/**
 * Starts a fleet's three processes as a daemon: in a session of its own, without a terminal, as a child of init
 * (daemon(7)).
 */
import {formatDuration} from '../../base/format.ts';
import {messageOf} from '../../base/errors.ts';
import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {constants, fstatSync, ftruncateSync, openSync, closeSync, rmSync, writeFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {copyPrograms, installedPrograms} from './programs.ts';
import {prepareSocketFolder} from './socket-folder.ts';
import {inFolder} from '../../control/folder.ts';
import {readLock} from '../../control/lock.ts';
import {settledSupervisor} from '../../control/supervisor.ts';
import type {FleetSpec} from '../../fleet/types.ts';
import {makeTrusted} from '../../home/check.ts';
import {UntrustedError} from '../../home/errors.ts';
import {startTimeOf} from '../../process/stat.ts';
import {daemonFlags, OUTER_NODE_OPTIONS} from '../../posix/node-flags.ts';

export interface LaunchOptions {
  readonly folder: string;
  readonly fleet: FleetSpec;
  readonly only: readonly string[] | null;
  /** The fleet depends on a client that will attach itself (a foreground `up`), and ends if it does not attach. */
  readonly attached: boolean;
}

export type LaunchResult =
  | {readonly kind: 'started'; readonly keeper: number}
  | {readonly kind: 'refused'; readonly message: string}
  | {readonly kind: 'failed'; readonly message: string};

type Heard = LaunchResult | {readonly kind: 'silent'};

const STATUS_FD = 3;
/** A process that gets a signal in its first instant dies before it can install a handler: it is started again. */
const ATTEMPTS = 3;
const PATIENCE_MS = 30_000;
const MAX_LOG_BYTES = 1024 * 1024;

const runningMessage = (pid: number | string): string =>
  `this fleet is already running (supervisor ${pid}); \`brood apply\` applies a changed fleet file, \`brood down\` stops it`;

const seeLog = (folder: string): string => `see ${join(folder, 'supervisor.log')}`;

function openLog(folder: string): number {
  const {O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW} = constants;
  const fd = openSync(join(folder, 'supervisor.log'), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
  if (fstatSync(fd).size > MAX_LOG_BYTES) ftruncateSync(fd, 0);
  return fd;
}

function environment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  const {NODE_OPTIONS: outer, ...rest} = env;
  return outer === undefined ? rest : {...rest, [OUTER_NODE_OPTIONS]: outer};
}

/**
 * Returns program and arguments of the anchor: the shell that it becomes, and the parameters of its loop
 * (src/keeper/anchor/anchor.ts).
 */
function anchorCommand(folder: string, launch: string): string[] {
  const programs = copyPrograms(folder);
  const anchor = join(programs.folder, 'anchor.cjs');
  const where = [programs.folder, folder, launch, installedPrograms()];
  return [process.execPath, anchor, '/bin/sh', ...where, process.execPath, ...daemonFlags()];
}

/** Writes the plan of the launch; the keeper that gets the fleet's lock renames it into place. */
function writeLaunch({folder, fleet, only, attached}: LaunchOptions, launch: string): string {
  makeTrusted(folder);
  const path = join(folder, `fleet.${launch}.json`);
  const {name, file, dir} = fleet;
  // As process 1, this process becomes the anchor and does not attach.
  const clients = attached && process.pid !== 1 ? [{pid: process.pid, startTime: startTimeOf(process.pid) ?? ''}] : [];
  const plan = {name, file, dir, id: basename(folder), launch, only, attached: clients.length > 0, clients};
  const text = JSON.stringify({...plan, spec: fleet});
  writeFileSync(path, text, {mode: 0o600, flag: 'wx'});
  return path;
}

/** Resolves when the controller answers on its socket. */
export async function launch(options: LaunchOptions): Promise<LaunchResult> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    // Only on the first attempt: the leftovers of a failed attempt are about to end.
    const running = attempt === 1 ? await settledSupervisor(options.folder) : null;
    if (running !== null) return {kind: 'refused', message: runningMessage(running)};
    const heard = await attemptLaunch(options);
    if (heard.kind !== 'silent') return heard;
  }
  return {
    kind: 'failed',
    message: `the supervisor exited ${ATTEMPTS} times while starting; ${seeLog(options.folder)}`,
  };
}

async function attemptLaunch(options: LaunchOptions): Promise<Heard> {
  const {folder} = options;
  const id = randomBytes(8).toString('hex');
  let plan: string;
  try {
    plan = writeLaunch(options, id);
  } catch (error) {
    if (error instanceof UntrustedError) return {kind: 'failed', message: error.message};
    return {
      kind: 'failed',
      message: `can't write to the fleet's folder ${folder}: ${messageOf(error)}`,
    };
  }
  await prepareSocketFolder(folder, options.fleet);
  if (process.pid === 1) return becomeAnchor(options, id);
  const log = openLog(folder);
  // The shell exits at once, so the anchor becomes a child of init. It is no session leader, so it can never get a
  // terminal.
  const child = spawn('/bin/sh', ['-c', '"$@" &', 'sh', ...anchorCommand(folder, id)], {
    cwd: folder,
    env: environment(),
    detached: true,
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  try {
    return await hear(child, folder);
  } finally {
    rmSync(plan, {force: true});
  }
}

/** Reads the keeper's report about the start. */
function hear(child: ReturnType<typeof spawn>, folder: string): Promise<Heard> {
  return new Promise(resolve => {
    const status = child.stdio[STATUS_FD];
    const done = (result: Heard): void => {
      clearTimeout(timer);
      status?.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () =>
        done({
          kind: 'failed',
          message: `the supervisor did not answer within ${formatDuration(PATIENCE_MS)}; ${seeLog(folder)}`,
        }),
      PATIENCE_MS,
    );
    child.on('error', error => done({kind: 'failed', message: `can't start /bin/sh: ${error.message}`}));
    let text = '';
    if (!status || !('setEncoding' in status)) return;
    status.setEncoding('utf8');
    status.on('error', () => {});
    status.on('data', (chunk: string) => (text += chunk));
    status.on('end', () => {
      const [word, ...rest] = text.trim().split(' ');
      if (word === 'ready') done({kind: 'started', keeper: readLock(folder)?.pid ?? 0});
      else if (word === 'refused') done({kind: 'refused', message: runningMessage(rest.join(' '))});
      else if (word === 'failed') done({kind: 'failed', message: `${rest.join(' ')}; ${seeLog(folder)}`});
      else done({kind: 'silent'});
    });
  });
}

/** The script that process 1 starts beside the anchor: it shows the output as soon as there is a fleet. */
const SHOW_OUTPUT = 'until [ -e "$1" ]; do sleep 0.1; done; shift; exec "$@"';

/** As process 1 of a container, turns this process into the anchor. Does not return. */
async function becomeAnchor({folder, fleet}: LaunchOptions, id: string): Promise<never> {
  const {become} = await import('../../posix/process.ts');
  const logs = [join(installedPrograms(), 'cli.js'), 'logs', '-f', '-n', 'all', '--since', new Date().toISOString()];
  spawn(
    '/bin/sh',
    ['-c', SHOW_OUTPUT, 'sh', inFolder.fleet(folder), process.execPath, ...logs, '--fleet', fleet.name],
    {stdio: ['ignore', 'inherit', 'inherit']},
  );
  const command = anchorCommand(folder, id);
  return become(command[0] ?? process.execPath, command, environment());
}
