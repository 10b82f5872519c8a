/** The calls that become crash points, and the moments that count as one. */
import {join} from 'node:path';
import ts from 'typescript';
import {expect, test} from 'vitest';
import {project} from '../end-to-end/harness.ts';
import {Effects, type Instrumented} from './effects.ts';
import {labelOf, pointsOf} from './point.ts';

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [join(project, 'node_modules/@types')],
  allowImportingTsExtensions: true,
  noEmit: true,
};

const MANY = `
    import {existsSync, openSync as open, readFileSync, renameSync, lchownSync} from 'node:fs';
    import * as net from 'node:net';
    import {join} from 'node:path';
    import {makeFifo, bytesInPipe} from '../posix/fifo.ts';
    const socket = net.connect(join('a', 'b'));
    socket.write('x');
    if (existsSync('a')) readFileSync('a');
    open('a', 'r');
    open('a', 'w');
    renameSync('a', 'b');
    lchownSync('a', 1, 1);
    makeFifo('a');
    bytesInPipe(1);
    process.kill(1, 0);
    const own = (): number => 1;
    own();`;

const NESTED = `import {openSync, writeSync} from 'node:fs';
import type {Socket} from 'node:net';
declare const socket: Socket | undefined;
writeSync(openSync('a', 'w'), 'x');
socket?.on('data', () => 1).write('y');`;

const READER = `import {closeSync, openSync} from 'node:fs'; closeSync(openSync('a', 'r'));`;

/** Sources that pretend to be in src/keeper. */
const sources = new Map(
  [MANY, NESTED, READER].map((text, index) => [join(project, `src/keeper/not-there-${index}.ts`), text]),
);

function effects(): Effects {
  const host = ts.createCompilerHost(options);
  const readFile = host.readFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  host.readFile = name => sources.get(name) ?? readFile(name);
  host.fileExists = name => sources.has(name) || fileExists(name);
  return new Effects(project, [...sources.keys()], options, host);
}

const found = effects();
const instrument = (source: string): Instrumented => {
  const path = [...sources].find(([, text]) => text === source)?.[0] ?? '';
  return found.instrument(path, 0);
};
const callees = (source: string): string[] => instrument(source).sites.map(({callee}) => callee);

test('a call with an external effect is a crash point, under any alias; a query is none', () => {
  expect(callees(MANY)).toEqual([
    'net.connect',
    'net.write',
    'fs.openSync',
    'fs.renameSync',
    'fs.lchownSync',
    'posix.makeFifo',
    'process.kill',
  ]);
});

test('a call has a point before and after it, also within other calls; its callbacks have one, too', () => {
  const lines = instrument(NESTED).text.split('\n');
  expect(lines[0]).toContain(`import {__crash} from 'crash:runtime';`);
  expect(lines[3]).toBe(
    `(__crash.before(0),__crash.after(0,writeSync((__crash.before(1),__crash.after(1,openSync('a', 'w'))), 'x')));`,
  );
  expect(lines[4]).toBe(
    `(__crash.before(2),__crash.after(2,socket?.on('data', __crash.called(3,() => 1)).write('y')));`,
  );
});

test('a file that only closes what it has read has no point', () => {
  expect(callees(READER)).toEqual([]);
});

test('moments without an event in between are one; the same place by another path is another point', () => {
  const sites = [
    {at: 'a.ts:1:1', callee: 'fs.writeSync', local: false},
    {at: 'a.ts:2:1', callee: 'posix.arm', local: true},
  ];
  const lines = [
    '0\tup\t0\tbefore\tf<g',
    '0\tup\t0\tafter\tf<g',
    '0\tup\t1\tbefore\tf',
    '0\tup\t0\tbefore\th',
    '0\tup\t0\tafter\th',
    '1\tup\t0\tbefore\tf<g',
    '1\tup\t0\tafter\tf<g',
  ];
  const points = pointsOf('s', new Map([['keeper.7', lines]]), sites).map(point => labelOf(point, sites));
  expect(points).toEqual([
    's/up keeper before a.ts:1:1 fs.writeSync by f<g',
    's/up keeper before a.ts:1:1 fs.writeSync by h',
    's/up keeper after a.ts:1:1 fs.writeSync by h',
    's/up keeper before a.ts:1:1 fs.writeSync by f<g time 2',
    's/up keeper after a.ts:1:1 fs.writeSync by f<g time 2',
  ]);
});
