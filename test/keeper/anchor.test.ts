/** The anchor's loop, under each shell of this machine that may be /bin/sh, with a keeper that the test controls. */
import {execFileSync, spawn, type ChildProcess} from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {project, until} from '../end-to-end/harness.ts';
import {environment, everyProcess, lives, look, send} from '../end-to-end/processes.ts';
import {asOrdinary, isRoot} from '../end-to-end/wrapped.ts';

const shells = ['/bin/sh', '/bin/dash', '/bin/bash', '/bin/busybox'].filter(path => existsSync(path));

/** Records its pid and arguments in the file `told`, and exits with the status in `end.PID` or `end`. */
const KEEPER = `
trap 'echo "TERM" >>told; exit 0' TERM
trap 'echo "USR1" >>told' USR1
echo "$$ $*" >>told
for fd in 4 5 6; do echo "$(readlink "/proc/$$/fd/$fd")"; done >"open.$$"
until [ -e "end" ] || [ -e "end.$$" ]; do sleep 0.02; done
[ ! -e "end.$$" ] || exit "$(cat "end.$$")"
exit "$(cat end)"
`;

let folder = '';
let anchor: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brood-anchor-'));
  chmodSync(folder, 0o777);
  writeFileSync(join(folder, 'keeper.cjs'), KEEPER);
  symlinkSync('/bin/busybox', join(folder, 'sh'));
});
afterEach(async () => {
  await until('all to be gone', () => {
    const left = everyProcess().filter(({pid}) => isOurs(pid));
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const seen of left) send(seen, signal);
    return left.every(({pid}) => !lives(pid));
  });
  rmSync(folder, {recursive: true});
});

const isOurs = (pid: number): boolean => environment(pid).includes(`ANCHOR_TEST=${folder}`);

/** Starts an anchor whose keeper is run by a shell instead of Node. */
function start(name: string, prefix: readonly string[] = [], output: 'ignore' | number = 'ignore'): void {
  // busybox selects the applet by the name it is called with.
  const shell = name.endsWith('/busybox') ? join(folder, 'sh') : name;
  const command = [
    process.execPath,
    join(project, 'dist', 'anchor.cjs'),
    shell,
    folder,
    folder,
    'launch',
    folder,
    '/bin/sh',
  ];
  const [program = '', ...args] = [...prefix, ...command];
  anchor = spawn(program, args, {
    cwd: folder,
    env: {PATH: process.env['PATH'], ANCHOR_TEST: folder},
    stdio: ['ignore', output, output, 'pipe'],
  });
}
const told = (): string[] => {
  try {
    return readFileSync(join(folder, 'told'), 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
};
const keepers = (): {pid: number; words: string[]}[] =>
  told()
    .map(line => line.split(' '))
    .filter(([pid = '']) => /^\d+$/.test(pid))
    .map(([pid, ...words]) => ({pid: Number(pid), words}));
/** Returns the links of that keeper's descriptors 4, 5 and 6. */
const openIn = (pid: number): Promise<string[]> =>
  until('its descriptors', () => {
    const lines = readFileSync(join(folder, `open.${pid}`), 'utf8').split('\n');
    // Some shells use the first themselves during a command substitution.
    return lines.length === 4 && lines.slice(0, 3).map(link => (link.startsWith('socket:') ? link : ''));
  });
const keeper = async (count: number): Promise<number> =>
  until(`keeper ${count}`, () => keepers()[count - 1]?.pid ?? null, 30_000);
function endKeeper(pid: number, status: number): void {
  writeFileSync(join(folder, 'status'), String(status));
  renameSync(join(folder, 'status'), join(folder, `end.${pid}`));
}
/** Waits until the anchor is blocked in its wait. */
const waiting = (): Promise<unknown> => until('the anchor to wait', () => look(anchor.pid ?? 0)?.state === 'S');
const ended = (): Promise<number | string> =>
  until('the anchor to end', () => anchor.exitCode ?? anchor.signalCode, 30_000);

describe.each(shells)('under %s', path => {
  test('restarts the keeper unless it exited with success, and exits with its status', async () => {
    start(path);
    const first = await keeper(1);
    expect(keepers()[0]!.words).toContain(`--anchor=${anchor.pid}`);
    process.kill(first, 'SIGKILL');
    const second = await keeper(2);
    endKeeper(second, 3);
    endKeeper(await keeper(3), 0);
    expect(await ended()).toBe(0);
    expect(keepers()).toHaveLength(3);
  });

  test('passes both ends of one queue of pipes to each keeper, and not the descriptor on which the loop rests', async () => {
    start(path);
    const first = await keeper(1);
    const [rest, send, receive] = await openIn(first);
    expect(rest).toBe('');
    expect([send, receive]).toEqual([expect.stringMatching(/^socket:/), expect.stringMatching(/^socket:/)]);
    expect(send).not.toBe(receive);
    expect(keepers()[0]!.words).toContain('--store');
    process.kill(first, 'SIGKILL');
    const second = await keeper(2);
    expect(await openIn(second)).toEqual([rest, send, receive]);
    endKeeper(second, 0);
    expect(await ended()).toBe(0);
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGURG'] as const)(
    'gets the exit status of the keeper even if %s arrives at that instant',
    async signal => {
      start(path);
      const only = await keeper(1);
      await waiting();
      // The exit of the keeper and the signal are pending at the same time.
      process.kill(anchor.pid!, 'SIGSTOP');
      process.kill(anchor.pid!, signal);
      endKeeper(only, 75);
      await until('the keeper to end', () => !lives(only));
      process.kill(anchor.pid!, 'SIGCONT');
      expect(await ended()).toBe(75);
      expect(keepers()).toHaveLength(1);
    },
  );

  test('recreates a removed log for its own messages and the next keeper', async () => {
    const log = join(folder, 'supervisor.log');
    const output = openSync(log, 'a');
    start(path, [], output);
    closeSync(output);
    // The shell that acts as keeper has its output elsewhere while it writes a file.
    const inherits = (pid: number): Promise<unknown> =>
      until('its output', () => [1, 2].every(fd => readlinkSync(`/proc/${pid}/fd/${fd}`) === log));
    const next = async (count: number, meanwhile: () => void): Promise<number> => {
      rmSync(log, {recursive: true});
      meanwhile();
      process.kill(keepers().at(-1)!.pid, 'SIGKILL');
      return keeper(count);
    };
    await inherits(await keeper(1));
    // With two simultaneous signals, bash may lose the keeper's exit status.
    process.kill(anchor.pid!, 'SIGURG');
    await until('it to be heard', () => !existsSync(`/proc/${anchor.pid}/fd/3`));
    await inherits(await next(2, () => undefined));
    expect(readFileSync(log, 'utf8')).toBe('brood anchor: keeper ended with status 137\n');
    // A file that would block, and one that can't be written.
    await next(3, () => execFileSync('mkfifo', [log]));
    endKeeper(await next(4, () => mkdirSync(log)), 0);
    expect(await ended()).toBe(0);
  });

  test('passes a termination signal between two keepers on to the next, and other signals on at once', async () => {
    start(path);
    const first = await keeper(1);
    await until('the signal', () => {
      process.kill(anchor.pid!, 'SIGUSR1');
      return told().includes('USR1');
    });
    await waiting();
    process.kill(anchor.pid!, 'SIGSTOP');
    process.kill(first, 'SIGKILL');
    process.kill(anchor.pid!, 'SIGTERM');
    process.kill(anchor.pid!, 'SIGCONT');
    await keeper(2);
    expect(keepers()[1]!.words).toContain('--ending');
  });

  test('starts a keeper that exits at once three times while the launcher waits, and later again and again, at a limited rate', async () => {
    writeFileSync(join(folder, 'end'), '1');
    start(path);
    expect(await ended()).toBe(1);
    expect(keepers()).toHaveLength(3);
    rmSync(join(folder, 'end'));
    start(path);
    const first = await keeper(4);
    process.kill(anchor.pid!, 'SIGURG');
    writeFileSync(join(folder, 'end'), '1');
    await keeper(8);
    expect(lives(first)).toBe(false);
    rmSync(join(folder, 'end'));
    // A keeper may have seen that file just before its removal.
    await until('one that ends well', () => {
      const last = keepers().findLast(({pid}) => lives(pid));
      if (last) endKeeper(last.pid, 0);
      return anchor.exitCode !== null;
    });
    expect(anchor.exitCode).toBe(0);
  });

  test('ends the orphans it has adopted, and itself, if no program of the supervisor is left', async () => {
    writeFileSync(join(folder, 'keeper.cjs'), `sh -c 'trap "" TERM; while :; do sleep 0.1; done' &${KEEPER}`);
    start(path);
    const first = await keeper(1);
    process.kill(anchor.pid!, 'SIGURG');
    await until('the launcher to be hung up on', () => !existsSync(`/proc/${anchor.pid ?? 0}/fd/3`));
    await waiting();
    rmSync(join(folder, 'keeper.cjs'));
    process.kill(first, 'SIGKILL');
    expect(await ended()).toBe(1);
    await until('nothing to be left', () => everyProcess().every(({pid}) => !isOurs(pid) || !lives(pid)));
  });

  test.skipIf(!isRoot)(
    'waits without a process if none can be created (needs root to be an ordinary user)',
    async () => {
      const limit = (soft: string): void => {
        const [, ...args] = asOrdinary(64_399);
        execFileSync('setpriv', [...args, 'prlimit', `--pid=${anchor.pid}`, `--nproc=${soft}:`]);
      };
      start(path, asOrdinary(64_399));
      const first = await keeper(1);
      const inherited = await openIn(first);
      // The launcher no longer waits for the keeper, so the number of attempts is not limited.
      process.kill(anchor.pid!, 'SIGURG');
      const limitOf = (): string =>
        /^Max processes\s+(\S+)/m.exec(readFileSync(`/proc/${anchor.pid}/limits`, 'utf8'))?.[1] ?? '';
      limit('1');
      await until('the limit', () => limitOf() === '1');
      process.kill(first, 'SIGKILL');
      await until('the end of the keeper to be heard', () => look(first) === null);
      // It tries in vain: three times at once, then once a second.
      const before = cpuTicks(anchor.pid!);
      await until('a rest', () => resting(anchor.pid!));
      expect(cpuTicks(anchor.pid!) - before).toBeLessThan(100);
      expect(keepers()).toHaveLength(1);
      limit('4000');
      const second = await keeper(2);
      expect(keepers()[1]!.words).toContain(`--anchor=${anchor.pid}`);
      expect(await openIn(second)).toEqual(inherited);
      endKeeper(second, 0);
      expect(await ended()).toBe(0);
    },
  );
});

const cpuTicks = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
/** Whether the process sleeps in a call, and has no child to wait for. */
const resting = (pid: number): boolean =>
  look(pid)?.state === 'S' && everyProcess().every(({ppid, state}) => ppid !== pid || state === 'Z');
