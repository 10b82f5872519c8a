/** Measures supervisors side by side and prints tables. PEERS="brood runit" and N="100 1000" narrow it. */
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {cpus, loadavg, release} from 'node:os';
import {join} from 'node:path';
import {judge} from './bars.ts';
import {measure, type Figures} from './measure.ts';
import {KINDS, type Kind} from './peers.ts';
import {workers} from './processes.ts';

const words = (name: string, otherwise: string): string[] =>
  (process.env[name] ?? otherwise).split(/[\s,]+/).filter(Boolean);

function compile(): string {
  const folder = join(process.cwd(), '.cache', 'bench');
  mkdirSync(folder, {recursive: true});
  const pulse = join(folder, 'pulse');
  const {status, error} = spawnSync('cc', ['-O2', '-Wall', '-o', pulse, join('bench', 'pulse.c')], {stdio: 'inherit'});
  if (status !== 0) throw new Error(`the worker could not be compiled with cc${error ? `: ${error.message}` : ''}`);
  return pulse;
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  console.log(rows.map(row => line(row).trimEnd()).join('\n'));
}

const HEAD = ['', 'n', 'all up', 'PSS', 'procs', 'idle', 'restart', 'worst', 'storm', 'list', 'stop', 'left'];

function cells(of: Figures): string[] {
  const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(value < 100 ? 1 : 0)} ms`);
  return [
    `${of.peer} ${of.version}`,
    String(of.n),
    ms(of.up),
    `${of.pss.toFixed(1)} MiB`,
    String(of.processes),
    `${of.idle.toFixed(2)} %`,
    ms(of.restart),
    ms(of.restartWorst),
    ms(of.storm),
    ms(of.list),
    ms(of.stop),
    String(of.left),
  ];
}

async function compare(n: number, peers: readonly (readonly [Kind, string])[], pulse: string): Promise<Figures[]> {
  const all: Figures[] = [];
  for (const [kind, version] of peers) {
    const many = Math.min(n, kind.most);
    process.stderr.write(`${kind.name}: ${many} workers ...\n`);
    try {
      all.push(await measure(kind, version, many, pulse));
    } catch (error) {
      console.log(`${kind.name} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return all;
}

const pulse = compile();
if (workers(pulse).length > 0) throw new Error(`another benchmark is running: ${pulse} has processes`);
const wanted = words('PEERS', KINDS.map(({name}) => name).join(' '));
const peers: [Kind, string][] = [];
for (const kind of KINDS.filter(({name}) => wanted.includes(name))) {
  const version = kind.version();
  if (version === null) console.log(`${kind.name} is not installed, so it is left out`);
  else peers.push([kind, version]);
}
const load = loadavg().map(value => value.toFixed(1));
console.log(`${cpus().length} cores, Linux ${release()}, Node ${process.version}, load before: ${load.join(' ')}`);
let unmet = 0;
for (const n of words('N', '100 1000').map(Number)) {
  const rows = await compare(n, peers, pulse);
  console.log('');
  printTable([HEAD, ...rows.map(cells)]);
  const judged = judge(n, new Map(rows.map(row => [row.peer, row])));
  if (judged.length === 0) continue;
  console.log('');
  const verdict = (met: boolean | null): string => (met === null ? '?' : met ? 'met' : 'NOT MET');
  printTable([
    ['', 'brood', 'at most', ''],
    ...judged.map(({what, brood, bar, met}) => [what, brood, bar, verdict(met)]),
  ]);
  unmet += judged.filter(({met}) => met === false).length;
}
console.log(unmet === 0 ? '\nevery aim that could be compared is met' : `\n${unmet} not met`);
