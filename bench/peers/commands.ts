/** Helpers that find and start supervisors. */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import {delimiter, join} from 'node:path';
import type {Peer, Setting} from './peer.ts';

export const found = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** Returns the version of an installed Debian package, or `?`. */
export function packageVersion(name: string): string {
  const {stdout} = spawnSync('dpkg-query', ['-W', '-f', '${Version}', name], {encoding: 'utf8'});
  return stdout ? stdout.replace(/-[^-]*$/, '') : '?';
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

function run(command: readonly string[], {folder, env}: Setting): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, {cwd: folder, env, stdio: 'ignore', detached: true});
}

/** A supervisor that stays in the foreground and stops on a command or signal. `again` repeats the start command. */
export function foreground(
  command: readonly string[],
  setting: Setting,
  own: Pick<Peer, 'list' | 'part'> & {tellToStop(child: ChildProcess): void},
): Peer {
  let child: ChildProcess | undefined;
  const start = (): void => void (child = run(command, setting));
  return {
    start,
    started: () => Promise.resolve(),
    roots: () => [child?.pid ?? 0],
    async stop() {
      if (!child) return;
      own.tellToStop(child);
      await ended(child);
    },
    list: own.list,
    env: setting.env,
    part: name => (name === command[0] ? [child?.pid ?? 0] : own.part(name)),
    prepare: () => undefined,
    again: start,
  };
}

/** A supervisor that a command starts in the background. */
export function background(
  commands: {
    readonly start: readonly string[];
    readonly stop: readonly string[];
    readonly list: readonly string[];
    readonly again: readonly string[];
    readonly prepare?: readonly string[];
  },
  setting: Setting,
  own: Pick<Peer, 'roots' | 'part'>,
): Peer {
  let starter: ChildProcess | undefined;
  return {
    start: () => void (starter = run(commands.start, setting)),
    started: () => (starter ? ended(starter) : Promise.resolve()),
    stop: () => ended(run(commands.stop, setting)),
    list: commands.list,
    env: setting.env,
    prepare() {
      const [program, ...args] = commands.prepare ?? [];
      if (program) spawnSync(program, args, {cwd: setting.folder, env: setting.env, stdio: 'ignore'});
    },
    again: () => void (starter = run(commands.again, setting)),
    ...own,
  };
}
