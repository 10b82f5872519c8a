/** Runs the programs of `fixtures/channels`, which make channels, and the tools for comparison. */
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, existsSync, mkdtempSync, realpathSync, rmSync} from 'node:fs';
import {networkInterfaces, tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import type {Channels} from '../../src/ipc/graph.ts';
import {readChannels} from '../../src/ipc/graph.ts';
import type {Channel, End, Kind} from '../../src/ipc/types.ts';
import {TAG} from '../end-to-end/harness.ts';

export const maker = fileURLToPath(new URL('../../fixtures/channels/make.py', import.meta.url));

const has = (command: string, ...args: string[]): boolean => spawnSync(command, args).error === undefined;

/** The system's own, if there is one: others may be in a folder that an ordinary user can't read. */
const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';

export const hasPython = has(python, '--version');
export const hasLsof = has('lsof', '-v');
export const hasSs = has('ss', '--version');
export const hasIpcs = has('ipcs', '--version');

export const hasIpv6 = Object.values(networkInterfaces()).some(all => all?.some(({address}) => address === '::1'));

export const tool = (command: string, ...args: string[]): string =>
  spawnSync(command, args, {encoding: 'utf8', maxBuffer: 1 << 26}).stdout;

/** The report of a fixture. */
export interface Told {
  readonly [name: string]: unknown;
}

/**
 * Runs `body` while the channel exists. The program and its children end when its standard input is closed.
 *
 * @param prefix words before the command, which run it as another user or in another namespace
 */
export async function holding<T>(
  kind: string,
  body: (told: Told, folder: string) => T | Promise<T>,
  prefix: readonly string[] = [],
): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'brood-ipc-')));
  chmodSync(folder, 0o777);
  const command = [...prefix, python, maker, kind, folder];
  const child = spawn(command[0] ?? '', command.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {...process.env, [TAG]: folder},
  });
  const ended = once(child, 'close');
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  try {
    const lines = createInterface({input: child.stdout});
    const [line] = (await Promise.race([once(lines, 'line'), ended.then(() => [''])])) as [string];
    if (line === '') throw new Error(`${kind} could not be made: ${errors}`);
    return await body(JSON.parse(line) as Told, folder);
  } finally {
    child.stdin.end();
    await ended;
    rmSync(folder, {recursive: true, force: true});
  }
}

export const number = (told: Told, name: string): number => Number(told[name]);
export const numbers = (told: Told, name: string): number[] => told[name] as number[];

/** Returns the channels of one kind that these processes hold. */
export function channelsOf(kind: Kind, ...pids: number[]): readonly Channel[] {
  return readChannels({pids: new Set(pids), kinds: new Set([kind])}).channels;
}

export const pidsOf = (ends: readonly End[]): number[] => [...new Set(ends.map(({pid}) => pid))].sort((a, b) => a - b);

/** Returns the only channel that exactly these processes share. */
export function shared(kind: Kind, ...pids: number[]): Channel {
  const all = channelsOf(kind, ...pids);
  const found = all.filter(
    ({ends}) => pids.every(pid => ends.some(end => end.pid === pid)) && ends.every(({pid}) => pids.includes(pid)),
  );
  if (found.length !== 1)
    throw new Error(`${found.length} ${kind} channels of ${pids.join(', ')} among ${JSON.stringify(all)}`);
  return found[0] as Channel;
}

export const nameOf = ({processes}: Channels, pid: number): string | undefined =>
  processes.find(process => process.pid === pid)?.name;
