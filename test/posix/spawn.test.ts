/** posix_spawn: the initial state of a program, and the errors when it can't be started. */
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';
import {onTestFinished, expect, test} from 'vitest';
import {SystemError} from '../../src/posix/libc.ts';
import {spawnProgram, type Program} from '../../src/posix/spawn.ts';
import {reap} from '../../src/posix/wait.ts';
import {until} from '../control/helpers.ts';

const nothing = openSync('/dev/null', constants.O_RDWR);

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-spawn-'));
  onTestFinished(() => rmSync(folder, {recursive: true}));
  return folder;
}

/** Runs a shell script to its end. Returns its exit status. */
async function run(script: string, parts: Partial<Program> = {}): Promise<ReturnType<typeof reap>> {
  const program = {file: '/bin/sh', argv: ['sh', '-c', script], env: ['PATH=/usr/bin:/bin'], cwd: '/'};
  const pid = spawnProgram({...program, fds: [nothing, nothing, nothing], ...parts});
  return until('its end', () => reap(pid));
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof SystemError) return `${error.syscall} ${error.code}`;
    throw error;
  }
  return 'none';
};

test('the exit of a program is reported by its code or signal', async () => {
  expect(await run('exit 7')).toMatchObject({code: 7, signal: null});
  expect(await run('kill -KILL $$')).toMatchObject({code: null, signal: 'SIGKILL'});
});

test("a program has its descriptors in their order, even if they occupy each other's numbers", async () => {
  const folder = scratch();
  const files = ['one', 'two', 'three'].map(name => openSync(join(folder, name), 'w+'));
  onTestFinished(() => files.forEach(closeSync));
  const [one = 0, two = 0, three = 0] = files;
  // The lowest are this process's own: they are wanted at numbers of other sources.
  const fds = [nothing, two, one, 2, 1, 0, three];
  expect(
    await run(
      'echo 1 >&1; echo 2 >&2; echo 6 >&6; for fd in 3 4 5; do readlink /proc/$$/fd/$fd; done > others; ls /proc/self/fd > list',
      {fds, cwd: folder},
    ),
  ).toMatchObject({
    code: 0,
  });
  expect(['two', 'one', 'three'].map(name => readFileSync(join(folder, name), 'utf8'))).toEqual(['1\n', '2\n', '6\n']);
  const others = readFileSync(join(folder, 'others'), 'utf8').trim().split('\n');
  expect(others).toEqual([2, 1, 0].map(fd => readlinkSync(`/proc/self/fd/${fd}`)));
  const seen = readFileSync(join(folder, 'list'), 'utf8').trim().split('\n').map(Number);
  // Descriptors of this process without close-on-exec have higher numbers.
  expect(seen.filter(fd => fd <= 6)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("a program starts in its folder with its environment, leads a session, and ignores and blocks no signal; the caller's folder is unchanged", async () => {
  const folder = scratch();
  const here = process.cwd();
  const env = ['PATH=/usr/bin:/bin', 'WORD=a b'];
  process.on('SIGUSR2', ignore);
  onTestFinished(() => void process.off('SIGUSR2', ignore));
  // A shell blocks all signals while it starts a program, but the program gets the mask that the shell was started
  // with.
  const script =
    'pwd -P > pwd; echo "$WORD" > word; grep -E "^Sig(Ign|Blk)" /proc/self/status > signals; cut -d" " -f1,6 /proc/$$/stat > session';
  expect(await run(script, {cwd: folder, env})).toMatchObject({code: 0});
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
  expect(read('pwd')).toMatch(/brood-spawn-/);
  expect(read('word')).toBe('a b');
  const [pid, session] = read('session').split(' ');
  expect(session).toBe(pid);
  for (const line of read('signals').split('\n')) {
    const set = BigInt(`0x${line.split('\t')[1] ?? ''}`);
    expect(`${line.slice(0, 6)} ${set}`).toBe(`${line.slice(0, 6)} 0`);
  }
  expect(process.cwd()).toBe(here);
  expect(readFileSync('package.json', 'utf8')).toContain('"brood"');
});

test('a missing folder is distinguished from a missing program', () => {
  const program = {argv: ['x'], env: [], fds: [nothing]};
  expect(codeOf(() => spawnProgram({...program, file: '/bin/true', cwd: '/no/such'}))).toBe('chdir ENOENT');
  expect(codeOf(() => spawnProgram({...program, file: '/no/such', cwd: '/'}))).toBe('posix_spawn ENOENT');
  const text = join(scratch(), 'text');
  writeFileSync(text, 'no program', {mode: 0o600});
  expect(codeOf(() => spawnProgram({...program, file: text, cwd: '/'}))).toBe('posix_spawn EACCES');
  chmodSync(text, 0o700);
  expect(codeOf(() => spawnProgram({...program, file: text, cwd: '/'}))).toBe('posix_spawn ENOEXEC');
});

test('many long arguments and variables are passed completely, even during garbage collection', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const folder = scratch();
  const long = (name: string, n: number): string => `${name}${n}=${String(n).padStart(3, '0').repeat(2_000)}`;
  const words = Array.from({length: 60}, (_, n) => long('a', n));
  const env = Array.from({length: 60}, (_, n) => long('V', n));
  const script = 'cat /proc/$$/cmdline > argv; cat /proc/$$/environ > env; :';
  for (let round = 0; round < 10; round++) {
    // Memory of an earlier call is collected and overwritten before the next.
    collect();
    const litter = Array.from({length: 200}, () => Buffer.alloc(4_096, 0xa5));
    const argv = ['sh', '-c', script, 'sh', ...words];
    expect(await run('', {argv, env, cwd: folder})).toMatchObject({code: 0});
    expect(litter.every(one => one[0] === 0xa5)).toBe(true);
    expect(readFileSync(join(folder, 'argv'), 'utf8').split('\0').slice(4, -1)).toEqual(words);
    expect(readFileSync(join(folder, 'env'), 'utf8').split('\0').slice(0, -1).sort()).toEqual([...env].sort());
  }
});

function ignore(): void {
  // A handler is needed, but does nothing.
}
