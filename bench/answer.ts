/**
 * Measures the response time of brood's controller at its busiest: while all workers are killed, and while all restart.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import type {Answers} from './measurements.ts';
import {judgeAnswers} from './bars.ts';
import {brood} from './peers/brood.ts';
import {inPlace} from './place.ts';
import {send, workers} from './processes.ts';
import type {Pulse} from './pulse.ts';
import {milliseconds, printTable} from './table.ts';
import {fleetFolder} from '../src/control/folder.ts';

const EVERY_MS = 10;
const SETTLE_MS = 2000;
const PATIENCE_MS = 120_000;

const part = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Sends requests during `work` and for SETTLE_MS after it, where deferred work shows. */
async function asking(during: string, folder: string, work: () => Promise<number | null>): Promise<Answers> {
  const client = spawn(process.execPath, [join('.cache', 'bench', 'asking.mjs'), folder, String(EVERY_MS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({input: client.stdout}).on('line', line => lines.push(line));
  await once(reader, 'line');
  const ended = once(client, 'close');
  const took = await work();
  await delay(SETTLE_MS);
  client.kill('SIGTERM');
  await ended;
  const {took: all, unasked} = JSON.parse(lines.at(-1) ?? '') as {took: number[]; unasked: number};
  if (unasked > 0) process.stderr.write(`${unasked} questions were not asked: too many had no answer\n`);
  const sorted = all.sort((a, b) => a - b);
  return {during, count: all.length, median: part(sorted, 0.5), p99: part(sorted, 0.99), worst: part(sorted, 1), took};
}

async function storm(n: number, beats: Pulse, pulse: string): Promise<number | null> {
  beats.current();
  const before = beats.beats.length;
  const all = workers(pulse);
  const killed = process.hrtime.bigint();
  const hit = all.filter(worker => send(worker, 'SIGKILL')).length;
  const back = await beats.all(before + Math.max(hit, n), PATIENCE_MS);
  return back === null ? null : Number(back - killed) / 1e6;
}

async function command(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(process.cwd(), 'dist', 'cli.js'), ...args], {cwd, env, stdio: 'ignore'});
  await once(child, 'close');
  return performance.now() - began;
}

export async function answer(n: number, pulse: string): Promise<void> {
  const all = await inPlace('brood', async ({folder, env, beats}) => {
    const peer = brood.make({n, folder, pulse, env, logged: false});
    peer.start();
    if ((await beats.all(n, PATIENCE_MS)) === null) throw new Error(`${n} workers did not start`);
    await peer.started();
    await delay(SETTLE_MS);
    const own = {...env, BROOD_HOME: join(folder, 'home')};
    const fleet = fleetFolder('bench', join(folder, 'brood.yaml'), own);
    const answers = [
      await asking('nothing', fleet, () => delay(SETTLE_MS, null)),
      await asking('kill -9 of all', fleet, () => storm(n, beats, pulse)),
      await asking('brood restart of all', fleet, () => command(['restart', 'p'], folder, own)),
    ];
    await peer.stop();
    return answers;
  });
  console.log(`\nanswers to a client that asks \`ping\` every ${EVERY_MS} ms, ${n} workers, during`);
  printTable([
    ['', 'asked', 'median', 'p99', 'worst', 'took'],
    ...all.map(of => [of.during, String(of.count), ...[of.median, of.p99, of.worst, of.took].map(milliseconds)]),
  ]);
  console.log('');
  const verdict = (met: boolean | null): string => (met === true ? 'met' : 'NOT MET');
  printTable([
    ['', 'brood', 'at most', ''],
    ...judgeAnswers(all).map(({what, brood: own, bar, met}) => [what, own, bar, verdict(met)]),
  ]);
}
