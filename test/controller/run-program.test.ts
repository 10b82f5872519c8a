/** Programs of probes and hooks that write much to their standard error. */
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {runProgram} from '../../src/controller/spawn/run-program.ts';

const run = (argv: readonly string[], timeoutMs: number): Promise<string | null> =>
  runProgram({argv, cwd: '/', env: {PATH: '/usr/bin:/bin'}, input: null, timeoutMs}, new AbortController().signal);

/** A program that writes blocks without end, and before each records how many bytes it has written. */
const endless = (file: string, bytes: number): string[] => [
  process.execPath,
  '-e',
  `const {openSync, writeSync} = require('node:fs');
   const [note, piece] = [openSync(process.argv[1], 'w'), Buffer.alloc(Number(process.argv[2]), 'y\\n')];
   for (let sent = 0; ; sent += piece.length) {
     writeSync(note, String(sent).padStart(16), 0);
     writeSync(2, piece);
   }`,
  file,
  String(bytes),
];

test('a program that writes without end is read at a limited rate until it times out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'brood-talk-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  const file = join(folder, 'sent');
  expect(await run(endless(file, 65_536), 3_000)).toBe('timed out after 3s');
  // Without the limit, several gigabytes.
  expect(Number(readFileSync(file, 'latin1'))).toBeLessThan(64 << 20);
});

test('the reason is reported for a program that writes much before its reason', async () => {
  const lines = 'yes "a line like others" | head -c 10000000 >&2';
  expect(await run(['/bin/sh', '-c', `${lines}; echo >&2; echo the reason >&2; exit 3`], 30_000)).toBe(
    'exit code 3: the reason',
  );
});
