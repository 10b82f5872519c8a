/**
 * `make soak DURATION=… SEED=…`: 24 hours of a typical fleet in ten minutes; heap after garbage collection,
 * descriptors,
 * memory and files must stay flat. LEAK=heap|descriptors|files plants a leak, which must be found.
 */
import {setMaxListeners} from 'node:events';
import {setTimeout as delay} from 'node:timers/promises';
import {actUntil, Tally} from './actors.ts';
import {files, fleetOf} from './fleet.ts';
import {judge, type Sample, type Verdict} from './judge.ts';
import {SoakFleet, type Leak} from './place.ts';
import {ALLOWANCES, JOURNAL_BYTES, look} from './sample.ts';
import {Prng} from '../simulation/prng.ts';
import {parseDuration} from '../../src/fleet/values/duration.ts';

const SAMPLES = 120;
const SHORTEST_BETWEEN_MS = 1000;
/** More than any command takes once there are no others. */
const ENDING_MS = 60_000;

const LEAKS: readonly Leak[] = ['heap', 'descriptors', 'files'];

interface Options {
  readonly durationMs: number;
  readonly seed: number;
  readonly leak: Leak | null;
}

function optionsOf(): Options {
  const duration = parseDuration(process.env['DURATION'] || '10m');
  if ('problem' in duration) throw new Error(`DURATION: ${duration.problem}`);
  const asked = process.env['LEAK'] || null;
  const leak = LEAKS.find(known => known === asked) ?? null;
  if (asked !== null && leak === null) throw new Error(`LEAK=${asked}: there are ${LEAKS.join(', ')}`);
  return {durationMs: duration.ms, seed: Number(process.env['SEED'] || Date.now() % 1_000_000), leak};
}

const amount = (value: number): string =>
  value >= 1024 * 1024 ? `${(value / 1024 / 1024).toFixed(2)} Mi` : String(Math.round(value));

function print(verdicts: readonly Verdict[]): void {
  const rows = [
    ['', 'second third', 'last third', 'at most', 'most ever', ''],
    ...verdicts.map(({what, before, after, limit, most, flat}) => [
      what,
      amount(before),
      amount(after),
      limit === Infinity ? '-' : amount(limit),
      amount(most),
      flat ? 'flat' : 'GROWS',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
    console.log(cells.join('  ').trimEnd());
  }
}

/** Returns the numbers of the fleet's own events, from its journal as sent to clients. */
function counted(fleet: SoakFleet): Map<string, number> {
  const counts = new Map<string, number>();
  for (const {type} of fleet.events()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}

async function soak({durationMs, seed, leak}: Options): Promise<readonly string[]> {
  const began = performance.now();
  const complaints: string[] = [];
  const samples: Sample[] = [];
  const tally = new Tally();
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  const interrupt = (): void => ending.abort();
  await using fleet = new SoakFleet(fleetOf(0), files, leak);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  fleet.up();
  const {anchor, pid: keeper, controller} = fleet.ps().supervisor;
  const parts = {anchor, keeper, controller};
  const acting = actUntil(fleet, new Prng(seed), tally, ending.signal);
  const between = Math.max(SHORTEST_BETWEEN_MS, durationMs / SAMPLES);
  try {
    while (performance.now() - began < durationMs && !ending.signal.aborted) {
      await delay(between, null, {signal: ending.signal}).catch(() => undefined);
      samples.push({ms: performance.now() - began, amounts: await look(fleet, parts)});
      if (samples.length % 10 === 0) process.stderr.write(`${Math.round((performance.now() - began) / 1000)} s ...\n`);
    }
  } finally {
    ending.abort();
  }
  const done = await Promise.race([acting.then(() => true), delay(ENDING_MS, false, {ref: false})]);
  if (!done) complaints.push(`waited ${ENDING_MS} ms for clients to end: ${[...tally.underWay].join(', ')}`);
  const verdicts = judge(samples, ALLOWANCES);
  print(verdicts);
  for (const {what, after, limit, flat} of verdicts)
    if (!flat) complaints.push(`${what}: ${amount(after)} in the last third, at most ${amount(limit)} would be flat`);
  const journal = verdicts.find(({what}) => what === 'bytes of the journal')?.most ?? 0;
  if (journal > JOURNAL_BYTES) complaints.push(`the journal has ${amount(journal)} bytes`);
  const now = fleet.ps().supervisor;
  if (now.pid !== keeper || now.controller !== controller) complaints.push('keeper or controller were lost meanwhile');
  const list = (counts: ReadonlyMap<string, unknown>): string =>
    [...counts].map(([what, count]) => `${String(count)} ${what}`).join(', ');
  console.log(`\ndone by clients: ${list(tally.done)}`);
  if (tally.failed.size > 0)
    console.log(`failed: ${[...tally.failed].map(([what, {count, last}]) => `${count} ${what} (${last})`).join('; ')}`);
  console.log(`in the journal: ${list(counted(fleet))}`);
  const down = fleet.run('down');
  if (down.code !== 0) complaints.push(`down: exit ${down.code}: ${down.err}`);
  return complaints;
}

const options = optionsOf();
console.log(
  `SEED=${options.seed} DURATION=${options.durationMs / 1000}s${options.leak ? ` LEAK=${options.leak}` : ''}`,
);
const complaints = await soak(options);
for (const complaint of complaints) console.log(`COMPLAINT ${complaint}`);
console.log(complaints.length === 0 ? 'all stays flat' : `${complaints.length} complaints`);
process.exitCode = complaints.length === 0 ? 0 : 1;
