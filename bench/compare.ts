/** The table of times, memory and processes, for several numbers of workers. */
import {judge} from './bars.ts';
import {measure, type Figures} from './measure.ts';
import type {Kind} from './peers/peer.ts';
import {milliseconds, printTable} from './table.ts';

const HEAD = ['', 'n', 'all up', 'PSS', 'procs', 'idle', 'restart', 'worst', 'storm', 'list', 'stop', 'left'];

const cells = (of: Figures): string[] => [
  `${of.peer} ${of.version}`,
  String(of.n),
  milliseconds(of.up),
  `${of.pss.toFixed(1)} MiB`,
  String(of.processes),
  `${of.idle.toFixed(2)} %`,
  milliseconds(of.restart),
  milliseconds(of.restartWorst),
  milliseconds(of.storm),
  milliseconds(of.list),
  milliseconds(of.stop),
  String(of.left),
];

type Peers = readonly (readonly [Kind, string])[];

async function figuresOf(n: number, peers: Peers, pulse: string): Promise<Figures[]> {
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

export async function compare(numbers: readonly number[], peers: Peers, pulse: string): Promise<void> {
  let unmet = 0;
  for (const n of numbers) {
    const rows = await figuresOf(n, peers, pulse);
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
}
