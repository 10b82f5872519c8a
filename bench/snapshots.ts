/** The table "processes": one reading of every process of the machine. */
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import type {Reading} from './reading.ts';
import {milliseconds, printTable} from './table.ts';

/** Limit, as a factor of the C loop's time. */
const OF_LOOP = 1.3;
/** Limit, as a factor of ps's time. */
const OF_PS = 1 / 5;
const CPU_PERCENT = 2;
/** Far less than a leak of one small object per process and refresh would add up to. */
const GROWN_BYTES = 1024 * 1024;

/** @param stats the compiled stats.c */
export function snapshotTable(stats: string): void {
  process.stderr.write('processes: read turn by turn, then once a second ...\n');
  const program = join(process.cwd(), '.cache', 'bench', 'reading.mjs');
  const refreshes = process.env['REFRESHES'] ?? '600';
  const run = spawnSync(process.execPath, ['--expose-gc', program, stats, refreshes], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) throw new Error('the processes could not be read');
  const reading = JSON.parse(run.stdout) as Reading;
  const {processes, again, once, loop, ps} = reading;
  const share = (time: number): string[] => [milliseconds(time), (time / loop).toFixed(2), (time / ps).toFixed(2)];
  console.log(`\nprocesses: one look at ${processes}, median\n`);
  printTable([
    ['', 'time', 'of the C loop', 'of ps'],
    ['brood, again and again (files kept open)', ...share(again)],
    ['brood, once', ...share(once)],
    ['C loop: open, read, close', ...share(loop)],
    ['ps -eo pid,ppid,stat,ni,comm', ...share(ps)],
  ]);
  const judged: readonly (readonly [string, string, string, boolean])[] = [
    ['one look', `${(again / loop).toFixed(2)} of the C loop`, `${OF_LOOP} at most`, again <= OF_LOOP * loop],
    ['one look', `${(again / ps).toFixed(2)} of ps`, `${OF_PS} at most`, again <= OF_PS * ps],
    [
      'a look a second',
      `${reading.cpuPercent.toFixed(2)} % of a core`,
      `${CPU_PERCENT} % at most`,
      reading.cpuPercent <= CPU_PERCENT,
    ],
    [
      `memory after ${reading.refreshes} looks`,
      `${(reading.grownBytes / 1024).toFixed(0)} KiB more`,
      `${GROWN_BYTES / 1024} KiB at most`,
      reading.grownBytes <= GROWN_BYTES,
    ],
  ];
  console.log();
  printTable([
    ['', 'brood', 'asked', ''],
    ...judged.map(([what, own, bar, met]) => [what, own, bar, met ? 'met' : 'NOT MET']),
  ]);
}
