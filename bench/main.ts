/**
 * Measures supervisors side by side and prints tables. PEERS="brood runit", N="100 1000" and ONLY=survive select some.
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import {cpus, loadavg, release} from 'node:os';
import {join} from 'node:path';
import {answer} from './answer.ts';
import {compare} from './compare.ts';
import {ipc} from './ipc.ts';
import {KINDS} from './peers/kinds.ts';
import type {Kind} from './peers/peer.ts';
import {workers} from './processes.ts';
import {snapshotTable} from './snapshots.ts';
import {streamTable} from './stream.ts';
import {survive} from './survive.ts';
import {topTable} from './top.ts';

const words = (name: string, otherwise: string): string[] =>
  (process.env[name] || otherwise).split(/[\s,]+/).filter(Boolean);

function compile(name: string): string {
  const folder = join(process.cwd(), '.cache', 'bench');
  mkdirSync(folder, {recursive: true});
  const program = join(folder, name);
  const {status, error} = spawnSync('cc', ['-O2', '-Wall', '-o', program, join('bench', `${name}.c`)], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`${name} could not be compiled with cc${error ? `: ${error.message}` : ''}`);
  return program;
}

function installed(): [Kind, string][] {
  const wanted = words('PEERS', KINDS.map(({name}) => name).join(' '));
  return KINDS.filter(({name}) => wanted.includes(name)).flatMap((kind): [Kind, string][] => {
    const version = kind.version();
    if (version !== null) return [[kind, version]];
    console.log(`${kind.name} is not installed, so it is left out`);
    return [];
  });
}

const load = (): string =>
  loadavg()
    .map(value => value.toFixed(1))
    .join(' ');

const TABLES = ['compare', 'answer', 'logging', 'processes', 'survive', 'ipc', 'top'];
const tables = words('ONLY', TABLES.join(' '));
const strange = tables.filter(name => !TABLES.includes(name));
if (strange.length > 0) throw new Error(`ONLY=${strange.join(' ')}: there are ${TABLES.join(', ')}`);
const pulse = compile('pulse');
if (workers(pulse).length > 0) throw new Error(`another benchmark is running: ${pulse} has processes`);
const peers = installed();
console.log(`${cpus().length} cores, Linux ${release()}, Node ${process.version}, load before: ${load()}`);
if (tables.includes('compare')) await compare(words('N', '100 1000').map(Number), peers, pulse);
if (tables.includes('answer')) await answer(Math.max(...words('N', '1000').map(Number)), pulse);
if (tables.includes('logging'))
  await streamTable(compile('stream'), KINDS.find(({name}) => name === 'brood')?.version() ?? '?');
if (tables.includes('processes')) snapshotTable(compile('stats'));
if (tables.includes('survive')) await survive(peers, pulse);
if (tables.includes('ipc')) await ipc();
if (tables.includes('top')) await topTable(compile('stats'), pulse);
console.log(`load after: ${load()}`);
