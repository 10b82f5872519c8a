/** Compares the graph of all channels with lsof(8), which reports peers only with -E. */
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {readChannels} from '../src/ipc/graph.ts';
import {KINDS, type Channel} from '../src/ipc/types.ts';
import type {ChannelTimes} from './measurements.ts';
import {judgeChannels} from './bars.ts';
import {milliseconds, printTable} from './table.ts';

const PROCESSES = 2000;
const ENDS_EACH = 5;
const ROUNDS = 7;

const PEERS = new Set(KINDS.filter(kind => kind !== 'signal'));

const WAYS: Readonly<Record<keyof ChannelTimes, {readonly words: string; readonly run: () => void}>> = {
  lsof: {words: 'lsof -nP', run: () => run('lsof', '-nP')},
  graph: {words: 'readChannels, all that joins processes', run: () => void readChannels({kinds: PEERS})},
  endpoints: {words: 'lsof -nPE', run: () => run('lsof', '-nPE')},
  withSignals: {words: 'the same, and their signals', run: () => void readChannels()},
  command: {
    words: 'brood ipc --all --json',
    run: () => run(process.execPath, join('dist', 'cli.js'), 'ipc', '--all', '--json'),
  },
};
const NAMES = Object.keys(WAYS) as (keyof ChannelTimes)[];

function run(command: string, ...args: string[]): void {
  const {error} = spawnSync(command, args, {stdio: 'ignore'});
  if (error) throw error;
}

/** Throws unless every channel that was created is found with a process at each end. */
function assertComplete(channels: readonly Channel[]): void {
  const expected = {pipe: PROCESSES, unix: PROCESSES, tcp: PROCESSES / 2};
  for (const [kind, least] of Object.entries(expected)) {
    const pairs = channels.filter(one => one.kind === kind && new Set(one.ends.map(({pid}) => pid)).size === 2);
    if (pairs.length < least) throw new Error(`${pairs.length} of ${least} ${kind} channels with two ends were found`);
  }
}

export async function ipc(): Promise<void> {
  if (spawnSync('lsof', ['-v']).error !== undefined) {
    console.log('\nchannels: lsof is not installed, so they are left out');
    return;
  }
  const child = spawn('python3', [join('bench', 'channels.py'), String(PROCESSES)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const taken: Record<string, number[]> = {};
  try {
    const lines = createInterface({input: child.stdout});
    const ready = await Promise.race([once(lines, 'line'), ended.then(() => null)]);
    if (ready === null) throw new Error('the processes that hold the channels could not be made');
    assertComplete(readChannels({kinds: PEERS}).channels);
    // One after another in each round, so that other load on the machine affects all of them.
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of NAMES) {
        const began = performance.now();
        WAYS[name].run();
        (taken[name] ??= []).push(performance.now() - began);
      }
    }
  } finally {
    child.stdin.end();
    await ended;
  }
  print(taken);
}

const median = (times: readonly number[] = []): number => [...times].sort((a, b) => a - b)[times.length >> 1] ?? NaN;

function print(taken: Readonly<Record<string, readonly number[]>>): void {
  const times = Object.fromEntries(NAMES.map(name => [name, median(taken[name])])) as unknown as ChannelTimes;
  console.log(
    `\nchannels of ${PROCESSES} processes with ${PROCESSES * ENDS_EACH} ends of pipes and sockets, medians of ${ROUNDS}`,
  );
  const share = (value: number, of: number): string => `1 / ${(of / value).toFixed(1)}`;
  printTable([
    ['', 'took', 'of lsof -nP', 'of lsof -nPE'],
    ...NAMES.map(name => [
      WAYS[name].words,
      milliseconds(times[name]),
      share(times[name], times.lsof),
      share(times[name], times.endpoints),
    ]),
  ]);
  console.log('');
  printTable([
    ['', 'brood', 'at most', ''],
    ...judgeChannels(times).map(({what, brood, bar, met}) => [what, brood, bar, met === true ? 'met' : 'NOT MET']),
  ]);
}
