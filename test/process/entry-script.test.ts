/** The script by which a shell becomes a worker's program, run by the shells of this machine. */
import {spawnSync} from 'node:child_process';
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {entryScript, TOOL_ENVIRONMENT, type Entry} from '../../src/process/entry-script.ts';

const isThere = (shell: readonly string[]): boolean => {
  const [program = '', ...args] = shell;
  return spawnSync(program, [...args, '-c', 'exit 7']).status === 7;
};
const SHELLS = [['/bin/sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh'], ['ksh']].filter(isThere);

const NODE = process.execPath;
const TELL = 'process.stdout.write(JSON.stringify([process.env, process.pid, process.cwd(), process.umask()]))';

interface Told {
  readonly env: Record<string, string>;
  readonly pid: number;
  readonly cwd: string;
  readonly umask: number;
  readonly shell: number;
}

/** Returns the state of a program that a shell has become. */
function tell(shell: readonly string[], entry: Partial<Entry>, args: readonly string[] = ['-e', TELL]): Told {
  const [program = '', ...rest] = shell;
  const child = spawnSync(program, [...rest, '-s', NODE, ...args], {
    input: entryScript({env: {}, umask: null, cwd: null, ownPid: [], ...entry}),
    env: TOOL_ENVIRONMENT,
    encoding: 'utf8',
  });
  expect(child.stderr).toBe('');
  const [env, pid, cwd, umask] = JSON.parse(child.stdout) as [Record<string, string>, number, string, number];
  return {env, pid, cwd, umask, shell: child.pid};
}

/** bash(1) sets these for every command. */
const withoutOwn = (env: Record<string, string>, given: object = {}): object =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name in given || !['_', 'SHLVL'].includes(name)));

test.each(SHELLS)('%s sets any environment exactly, and nothing else', (...shell) => {
  const name = fc
    .stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,12}$/)
    .filter(text => text !== '_' && !/^(LC_|LANG)/.test(text));
  const value = fc
    .string({unit: 'binary', maxLength: 60})
    .filter(text => !text.includes('\0') && Buffer.from(text).toString() === text);
  const env = fc.dictionary(name, value, {maxKeys: 12, noNullPrototype: true});
  fc.assert(
    fc.property(env, given => {
      const safe = Object.fromEntries(Object.entries(given).filter(([key]) => !/^NODE/.test(key)));
      expect(withoutOwn(tell(shell, {env: safe}).env, safe)).toEqual(safe);
    }),
    {numRuns: 25},
  );
});

test.each(SHELLS)('%s sets names reserved by shells, hostile values and long ones', (...shell) => {
  const env = {
    UID: 'x',
    SHLVL: '7',
    PPID: 'y',
    LINENO: 'z',
    OPTIND: 'abc',
    RANDOM: 'r',
    BASH_ENV: '/nowhere',
    ENV: '/nowhere',
    IFS: 'eac',
    PATH: '',
    PWD: '/nowhere',
    PS4: '$(touch pwned)',
    LD_PRELOAD: '',
    'a.b-c': 'it\'s $HOME `x` \\ "y"\n',
    LONG: 'x'.repeat(100_000),
    QUOTES: "''''\\'",
  };
  expect(withoutOwn(tell(shell, {env}).env, env)).toEqual(env);
});

test.each(SHELLS)('%s becomes the program, with its pid, folder, umask and arguments', (...shell) => {
  const told = tell(shell, {env: {A: '1'}, umask: 0o027, cwd: '/usr', ownPid: ['LISTEN_PID', 'WATCHDOG_PID']});
  expect(told).toMatchObject({pid: told.shell, cwd: '/usr', umask: 0o027});
  expect(withoutOwn(told.env)).toEqual({A: '1', LISTEN_PID: String(told.pid), WATCHDOG_PID: String(told.pid)});
  const words = ['-x', '', 'a b', "'", '--', '*', '$1'];
  const child = tell(shell, {}, [
    '-e',
    `process.env.W = JSON.stringify(process.argv.slice(1)); ${TELL}`,
    '--',
    ...words,
  ]);
  expect(JSON.parse(child.env['W'] ?? '')).toEqual(words);
});

test.each(SHELLS)("%s exits with 126 if the folder can't be entered, and does not run the program", (...shell) => {
  const [program = '', ...rest] = shell;
  const input = entryScript({env: {}, umask: null, cwd: '/nowhere at all', ownPid: []});
  const child = spawnSync(program, [...rest, '-s', NODE, '-e', 'console.log("ran")'], {
    input,
    env: {},
    encoding: 'utf8',
  });
  expect([child.status, child.stdout]).toEqual([126, '']);
  expect(child.stderr).toContain('/nowhere at all');
});
