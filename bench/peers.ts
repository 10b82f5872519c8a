/** The supervisors, and how each is told to run n copies of the worker. */
import {execFileSync, spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {accessSync, constants, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';

export interface Setting {
  readonly n: number;
  /** A fresh folder for this measurement. */
  readonly folder: string;
  /** The worker's program. */
  readonly pulse: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Peer {
  /** Starts the supervisor with its workers; does not wait for them. */
  start(): void;
  /** Resolves when a command that only starts the supervisor has ended. */
  started(): Promise<void>;
  /** The supervisor's own topmost processes. */
  roots(): number[];
  /** Stops everything; resolves when the supervisor says, by ending, that it is done. */
  stop(): Promise<void>;
  /** The command that lists the workers. */
  readonly list: readonly string[] | null;
  /** The environment that its commands need. */
  readonly env: NodeJS.ProcessEnv;
}

export interface Kind {
  readonly name: string;
  /** The most workers that it can have. */
  readonly most: number;
  /** Its version; null where it is not installed. */
  version(): string | null;
  make(setting: Setting): Peer;
}

const found = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Of a Debian package. */
function packageVersion(name: string): string {
  const {stdout} = spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], {encoding: 'utf8'});
  return stdout ? stdout.replace(/-[^-]*$/, '') : '?';
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

function run(command: readonly string[], {folder, env}: Setting, detached = true): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, {cwd: folder, env, stdio: 'ignore', detached});
}

/** A supervisor that stays in the foreground, and stops when it is told to. */
function foreground(
  command: readonly string[],
  setting: Setting,
  tellToStop: (child: ChildProcess) => void,
  list: readonly string[] | null = null,
): Peer {
  let child: ChildProcess | undefined;
  return {
    start: () => void (child = run(command, setting)),
    started: () => Promise.resolve(),
    roots: () => [child?.pid ?? 0],
    async stop() {
      if (!child) return;
      tellToStop(child);
      await ended(child);
    },
    list,
    env: setting.env,
  };
}

/** A supervisor that a command sends into the background. */
function background(
  commands: {start: readonly string[]; stop: readonly string[]; list: readonly string[]},
  setting: Setting,
  roots: () => number[],
): Peer {
  let starter: ChildProcess | undefined;
  return {
    start: () => void (starter = run(commands.start, setting)),
    started: () => (starter ? ended(starter) : Promise.resolve()),
    roots,
    stop: () => ended(run(commands.stop, setting)),
    list: commands.list,
    env: setting.env,
  };
}

/** A folder for each service with a program `run` in it: s6 and runit share that. */
function services({n, folder, pulse}: Setting): string {
  for (let i = 0; i < n; i++) {
    mkdirSync(join(folder, 'services', `p${i}`), {recursive: true});
    writeFileSync(join(folder, 'services', `p${i}`, 'run'), `#!/bin/sh\nexec ${pulse} p${i}\n`, {mode: 0o755});
  }
  return join(folder, 'services');
}

const s6: Kind = {
  name: 's6',
  most: Infinity,
  version: () => (found('s6-svscan') ? packageVersion('s6') : null),
  make(setting) {
    const scanned = services(setting);
    const most = String(Math.max(500, 2 * setting.n));
    return foreground(['s6-svscan', '-c', most, scanned], setting, () => {
      execFileSync('s6-svscanctl', ['-t', scanned]);
    });
  },
};

const runit: Kind = {
  name: 'runit',
  most: 900,
  version: () => (found('runsvdir') ? packageVersion('runit') : null),
  // On SIGHUP it sends each runsv a SIGTERM, and ends (runsvdir(8)).
  make: setting => foreground(['runsvdir', services(setting)], setting, child => child.kill('SIGHUP')),
};

const supervisord: Kind = {
  name: 'supervisord',
  most: Infinity,
  version: () => (found('supervisord') ? packageVersion('supervisor') : null),
  make(setting) {
    const {folder, n, pulse} = setting;
    const file = join(folder, 'supervisord.conf');
    const socket = join(folder, 'socket');
    const sections = {
      supervisord: {nodaemon: 'true', minfds: '10000', logfile: join(folder, 'log'), pidfile: join(folder, 'pid')},
      unix_http_server: {file: socket},
      supervisorctl: {serverurl: `unix://${socket}`},
      'rpcinterface:supervisor': {
        'supervisor.rpcinterface_factory': 'supervisor.rpcinterface:make_main_rpcinterface',
      },
      'program:p': {
        command: `${pulse} p%(process_num)d`,
        process_name: 'p%(process_num)d',
        numprocs: String(n),
        autorestart: 'true',
        startsecs: '0',
        stdout_logfile: join(folder, 'p%(process_num)d.out'),
        stderr_logfile: join(folder, 'p%(process_num)d.err'),
      },
    };
    const lines = Object.entries(sections).flatMap(([title, keys]) => [
      `[${title}]`,
      ...Object.entries(keys).map(([key, value]) => `${key}=${value}`),
    ]);
    writeFileSync(file, lines.join('\n'));
    return foreground(['supervisord', '-c', file], setting, child => child.kill('SIGTERM'), [
      'supervisorctl',
      '-c',
      file,
      'status',
    ]);
  },
};

const PM2 = '7';

/** From npm, into a folder of the benchmark's own: it is no dependency of the project. */
function pm2Command(): string | null {
  if (process.env['PM2']) return process.env['PM2'];
  const cache = join(process.cwd(), '.cache', 'bench', 'pm2');
  const command = join(cache, 'node_modules', '.bin', 'pm2');
  if (!found('npm')) return null;
  try {
    accessSync(command, constants.X_OK);
  } catch {
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--prefix', cache];
    mkdirSync(cache, {recursive: true});
    const {status} = spawnSync('npm', ['install', ...options, `pm2@${PM2}`], {stdio: ['ignore', 'ignore', 'inherit']});
    if (status !== 0) return null;
  }
  return command;
}

const pm2: Kind = {
  name: 'pm2',
  most: Infinity,
  version() {
    const command = pm2Command();
    if (command === null) return null;
    const manifest = join(command, '..', '..', 'pm2', 'package.json');
    try {
      return (JSON.parse(readFileSync(manifest, 'utf8')) as {version: string}).version;
    } catch {
      return '?';
    }
  },
  make(setting) {
    const {folder, n, pulse} = setting;
    const command = pm2Command() ?? 'pm2';
    const home = join(folder, 'home');
    const file = join(folder, 'fleet.config.js');
    const apps = Array.from({length: n}, (_, i) => ({
      name: `p${i}`,
      script: pulse,
      interpreter: 'none',
      args: `p${i}`,
    }));
    writeFileSync(file, `module.exports = ${JSON.stringify({apps})}`);
    return background(
      {start: [command, 'start', file], stop: [command, 'kill'], list: [command, 'ls']},
      {...setting, env: {...setting.env, PM2_HOME: home}},
      () => [Number(readFileSync(join(home, 'pm2.pid'), 'utf8'))],
    );
  },
};

const cli = (): string => join(process.cwd(), 'dist', 'cli.js');

const brood: Kind = {
  name: 'brood',
  most: Infinity,
  version: () => (JSON.parse(readFileSync('package.json', 'utf8')) as {version: string}).version,
  make(setting) {
    const {folder, n, pulse, env} = setting;
    writeFileSync(
      join(folder, 'brood.yaml'),
      `fleet: bench\nworkers:\n  p:\n    run: [${pulse}]\n    instances: ${n}\n    stop: {timeout: 5s}\n`,
    );
    const command = (...args: string[]): string[] => [process.execPath, cli(), ...args];
    const own = {...setting, env: {...env, BROOD_HOME: join(folder, 'home')}};
    return background({start: command('up', '-d'), stop: command('down'), list: command('ps')}, own, () => {
      const answer = execFileSync(process.execPath, [cli(), 'ps', '--json'], {cwd: folder, env: own.env});
      const {supervisor} = JSON.parse(answer.toString()) as {
        supervisor: {anchor: number | null; pid: number; controller: number};
      };
      return [supervisor.anchor, supervisor.pid, supervisor.controller].filter(pid => pid !== null);
    });
  },
};

export const KINDS: readonly Kind[] = [s6, runit, supervisord, pm2, brood];
