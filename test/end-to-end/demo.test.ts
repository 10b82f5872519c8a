import {spawn, type ChildProcessByStdio} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {Readable} from 'node:stream';
import {expect, onTestFinished, test} from 'vitest';
import {project, TAG, until} from './harness.ts';
import {environment, everyProcess, send, type Seen} from './processes.ts';

class Demo {
  readonly folder = mkdtempSync(join(tmpdir(), 'brood-test-'));
  out = '';
  err = '';
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<number | null>;

  constructor() {
    this.child = spawn('sh', ['fixtures/demo/run.sh'], {
      cwd: project,
      env: {...process.env, TMPDIR: this.folder, NO_COLOR: '1', [TAG]: this.folder},
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, which the test can signal as a terminal does on Ctrl-C.
      detached: true,
    });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = new Promise(resolve => this.child.once('close', resolve));
    onTestFinished(async () => {
      await until('the demo to end', () => {
        for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const seen of this.left()) send(seen, signal);
        return this.left().length === 0;
      });
      rmSync(this.folder, {recursive: true, force: true});
    });
  }

  left(): Seen[] {
    return everyProcess().filter(({pid, state}) => state !== 'Z' && environment(pid).includes(`${TAG}=${this.folder}`));
  }
}

test('the demo goes through a crash, an orphan, a zombie and a lost keeper, and ends clean', async () => {
  const demo = new Demo();
  expect(await demo.ended, demo.out + demo.err).toBe(0);
  for (const shown of [
    /\n7 instances ready\n/,
    /^visitor\/1 .*hello, visitor \d/m,
    /^web\/1 is ready[^]*SIGKILL/m,
    /^shaky\/1 [^]*exit code\s3[^]*no key/m,
    /orphanage\/1 orphan adopted/,
    /^ +\d+ +\d+ +\d+ {2}Z +sh$/m,
    /forgetful\/1 has a zombie/,
    /^orphanage\/1 stopped \(nothing is left/m,
    /^fleet demo is down: 7 instances stopped/m,
    /none of the \d+ is left/,
  ]) {
    expect(demo.out).toMatch(shown);
  }
  expect(demo.err).toBe('');
  expect(demo.left()).toEqual([]);
  expect(readdirSync(demo.folder)).toEqual([]);
});

test('Ctrl-C in the middle of the demo leaves nothing behind either', async () => {
  const demo = new Demo();
  await until('the fleet', () => demo.out.includes('instances ready'), 30_000);
  process.kill(-demo.child.pid!, 'SIGINT');
  expect(await demo.ended).toBe(130);
  expect(demo.left()).toEqual([]);
  expect(readdirSync(demo.folder)).toEqual([]);
});
