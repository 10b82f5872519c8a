/** Output of workers, names and command lines reach a terminal only as text, in a pipe or not, and delay no command. */
import {spawn} from '@lydell/node-pty';
import {spawn as start} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, renameSync} from 'node:fs';
import {expect, test} from 'vitest';
import {jsonOf} from '../../src/text/json.ts';
import {cli, TestFleet, until} from '../end-to-end/harness.ts';

/** Control characters except tab and newline; characters that change the direction, and invisible ones. */
const FOUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/u;
const COLOURS = /\x1b\[(?:0|1|2|22|3[1-79])m/g;

/** Sets the title, clears the screen, changes the direction, and hides a part; `evil` must be visible. */
const EVIL = 'evil\x1b]0;TITLE\x07\x1b[2J\x9b1m\x7f\u202e\u200b\u2066\u{e0041}\u2028';
const octal = Array.from(Buffer.from(EVIL), byte => `\\${byte.toString(8).padStart(3, '0')}`).join('');

const sleeper = {run: ['sleep', '1000'], stop: {timeout: '1s'}};

/** A worker that fails with foreign text in its health check, its reason and its output. */
const sick = {
  ...sleeper,
  sh: `printf '${octal}\\n' >&2; exec sleep 1000`,
  run: undefined,
  health: {
    exec: ['sh', '-c', `printf '${octal} of a check' >&2; exit 1`],
    every: '100ms',
    timeout: '5s',
    failures: 1,
  },
  give_up: {restarts: 1, within: '60s'},
  backoff: {initial: '10ms', max: '10ms'},
};

const COMMANDS: readonly (readonly string[])[] = [
  ['why', 'sick'],
  ['events', '-n', 'all'],
  ['status', 'sick'],
  ['status', 'loud'],
  ['ps'],
  ['doctor'],
  ['tree'],
  ['ipc', '--dot'],
  ['ipc', '--mermaid'],
  ['ipc'],
  ['apply', '--plan'],
  ['ls'],
  ['check', `no-${EVIL}.yaml`],
  ['stop', `no-${EVIL}`],
  ['--fleet', `no-${EVIL}`, 'ps'],
  [`no-${EVIL}`],
  ['ps', '--json'],
  ['tree', '--json'],
  ['status', 'loud', '--json'],
  ['events', '-n', 'all', '--json'],
  ['logs', '--json'],
  ['doctor', '--json'],
];

/** Returns the output of a command in a terminal, without colours. */
async function onTerminal(f: TestFleet, args: readonly string[]): Promise<string> {
  const env: Record<string, string> = {...f.env, TERM: 'xterm'};
  delete env['NO_COLOR'];
  const pty = spawn(process.execPath, [cli, ...args], {
    cwd: f.folder,
    env,
    cols: 120,
    rows: 40,
  });
  let text = '';
  pty.onData(data => (text += data));
  await new Promise<void>(resolve => pty.onExit(() => resolve()));
  return text.replace(COLOURS, '').replaceAll('\r\n', '\n');
}

async function evilFleet(): Promise<TestFleet> {
  const f = new TestFleet(
    jsonOf({
      fleet: 'evil',
      workers: {
        sick,
        loud: {
          ...sleeper,
          run: ['sh', '-c', 'printf "%s\\n" "$TEXT"; exec sleep 1000', EVIL],
          env: {TEXT: EVIL, [`KEY${EVIL.replaceAll('=', '')}`]: 'x', URL: `a://b:hunter2@c ${EVIL}`},
        },
      },
    }),
  );
  f.up();
  await f.status('sick', 'failed', 30_000);
  await until('the loud one to be heard', () => f.run('logs', 'loud').out.includes('evil'));
  return f;
}

test('every command prints foreign text as plain text, in a pipe and in a terminal', async () => {
  await using f = await evilFleet();
  for (const args of COMMANDS) {
    const {out, err} = f.run(...args);
    expect(out + err, args.join(' ')).not.toMatch(FOUL);
    expect(await onTerminal(f, args), `${args.join(' ')} in a terminal`).not.toMatch(FOUL);
  }
  expect(f.run('why', 'sick').out).toMatch(/evil.*of a check/);
  expect(f.run('status', 'loud').out).toContain('a://b:********@c evil');
  // In a pipe the output of workers is unchanged; in a terminal it is sanitized.
  expect(f.run('logs', 'loud').out).toContain(EVIL);
  expect((await onTerminal(f, ['logs'])).replaceAll('\t', '')).not.toMatch(FOUL);
  // Programs receive the original value.
  const events = f.events('health-failed');
  expect(String(events[0]?.['message'])).toContain('\u202e');
}, 180_000);

test('names and contents of files are shown as plain text', async () => {
  await using f = new TestFleet({fleet: 'a', workers: {a: sleeper}});
  const folder = f.path(`in\n${EVIL}`);
  mkdirSync(folder);
  f.write(`workers: {"a\\x1b[2J\\u202e": {run: x}}\nx\u202ey: 1\n"z: \u200b`, 'bad.yaml');
  renameSync(f.path('bad.yaml'), `${folder}/bad.yaml`);
  const {code, out, err} = f.run('check', `${folder}/bad.yaml`);
  expect(code).toBe(2);
  expect(out + err).not.toMatch(FOUL);
  const gone = f.run('ps', '--fleet', 'x\nbrood: all is well');
  expect(gone.err.trimEnd().split('\n')).toHaveLength(1);
});

test('a process that calls itself an anchor is an orphan like any other', async () => {
  await using f = new TestFleet({fleet: 'a', workers: {a: sleeper}});
  f.up();
  await f.ready('a');
  // Its parent, the leader of its session, leaves it behind: such an orphan is recognized only where init adopts it.
  const words = `sleep 600; : brood-anchor /bin/sh x --launched /c ${f.folder} 0123456789abcdef node --launch=1`;
  const child = start(
    'setsid',
    ['sh', '-c', `sh -c "$0" brood-anchor x y z --launched c "$1" --launch=1 & echo $!; exit 0`, words, f.folder],
    {
      cwd: f.folder,
      env: f.env,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await once(child, 'exit');
  const pid = Number(await until('its pid', () => said.trim()));
  const report = f.json('doctor', '--all') as {orphans: {pid: number}[]};
  const seen = f.tagged().find(one => one.pid === pid);
  expect(seen).toBeDefined();
  if (seen?.ppid === 1) expect(report.orphans.map(one => one.pid)).toContain(pid);
  // The fleet's own anchor is no orphan.
  expect(report.orphans.map(one => one.pid)).not.toContain(f.anchor);
});

test('a long value and a long command line do not delay a command', async () => {
  await using f = new TestFleet({
    fleet: 'a',
    workers: {
      long: {...sleeper, run: ['sh', '-c', 'sleep 1000; :', 'é'.repeat(35_000)]},
      nul: {...sleeper, run: ['sh', '-c', 'sleep 1000; :', ...Array.from({length: 18_000}, () => ''), 'x']},
      mask: {...sleeper, env: {LONG: '://:'.repeat(30_000), OTHER: 'https://u:hunter2@h'}},
    },
  });
  f.up();
  await f.ready('long', 'nul', 'mask');
  const {controller} = f;
  for (const args of [['tree'], ['status', 'mask'], ['status', 'long'], ['status', 'nul'], ['ps'], ['tree', '--json']])
    expect(f.run(...args).code, args.join(' ')).toBe(0);
  expect(f.run('status', 'mask').out).not.toContain('hunter2');
  expect(f.controller).toBe(controller);
});
