/** Measures one supervisor with n workers, from its start to its stop. */
import {spawnSync} from 'node:child_process';
import {setTimeout as delay} from 'node:timers/promises';
import type {Kind, Peer} from './peers/peer.ts';
import {inPlace} from './place.ts';
import {pssOf, row, send, TICKS_PER_SECOND, treesOf, workers, type Row} from './processes.ts';
import type {Pulse} from './pulse.ts';

export interface Figures {
  readonly peer: string;
  readonly version: string;
  readonly n: number;
  /** Time from the start of the supervisor to the start of the last worker, in ms. */
  readonly up: number | null;
  /** Memory of the supervisor's own processes, in MiB. */
  readonly pss: number;
  readonly processes: number;
  /** CPU of an idle supervisor, in percent of one core. */
  readonly idle: number;
  /** Time from SIGKILL of one worker to the start of its successor, in ms. */
  readonly restart: number | null;
  readonly restartWorst: number | null;
  /** Time from SIGKILL of all workers to the start of the last successor, in ms. */
  readonly storm: number | null;
  /** Time of the command that lists the workers, in ms. */
  readonly list: number | null;
  /** Time of `node -e 0` for comparison, in ms. */
  readonly bareNode: number;
  readonly stop: number;
  /** Workers that are alive after the stop. */
  readonly left: number;
}

// Pauses between the parts keep one from affecting the next.
const SETTLE_MS = 3000;
const IDLE_MS = 10_000;
const BETWEEN_KILLS_MS = 150;
const KILLS = 15;
const LISTS = 7;
/** Whatever has not happened by then is reported as missing. */
const PATIENCE_MS = 120_000;

const milliseconds = (from: bigint, to: bigint): number => Number(to - from) / 1e6;

export function median(numbers: readonly number[]): number | null {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? null;
}

export const measure = (kind: Kind, version: string, n: number, pulse: string): Promise<Figures> =>
  inPlace(kind.name, async ({folder, env, beats}) => {
    const peer = kind.make({n, folder, pulse, env, logged: false});
    const began = process.hrtime.bigint();
    peer.start();
    const allUp = await beats.all(n, PATIENCE_MS);
    await peer.started();
    await delay(SETTLE_MS);

    const own = treesOf(peer.roots()).filter(({pid}) => !isWorker(pid, beats));
    const pss = pssOf(own.map(({pid}) => pid));
    const idle = await cpuPercent(own);
    const restarts = await killOneByOne(n, beats);
    await delay(SETTLE_MS / 2);
    const storm = await killAll(n, beats, pulse);
    await delay(SETTLE_MS / 2);
    const {list, bareNode} = timeLists(peer, folder);

    const stopping = process.hrtime.bigint();
    await peer.stop();
    const stop = milliseconds(stopping, process.hrtime.bigint());
    return {
      peer: kind.name,
      version,
      n,
      up: allUp === null ? null : milliseconds(began, allUp),
      pss,
      processes: own.length,
      idle,
      restart: median(restarts),
      restartWorst: restarts.length === 0 ? null : Math.max(...restarts),
      storm,
      list,
      bareNode,
      stop,
      left: workers(pulse).length,
    };
  });

const isWorker = (pid: number, beats: Pulse): boolean => beats.beats.some(beat => beat.pid === pid);

async function cpuPercent(own: readonly Row[]): Promise<number> {
  const ticks = (): number => own.reduce((sum, {pid}) => sum + (row(pid)?.ticks ?? 0), 0);
  const before = ticks();
  const began = performance.now();
  await delay(IDLE_MS);
  const seconds = (performance.now() - began) / 1000;
  return ((ticks() - before) / TICKS_PER_SECOND / seconds) * 100;
}

/** Kills workers spread over the fleet, one after another. Returns the time that each took to restart, in ms. */
async function killOneByOne(n: number, beats: Pulse): Promise<number[]> {
  const current = [...beats.current()].sort(([a], [b]) => (a < b ? -1 : 1));
  const step = Math.max(1, Math.floor(current.length / KILLS));
  const took: number[] = [];
  for (const [name, pid] of current.filter((_, i) => i % step === 0).slice(0, Math.min(KILLS, n))) {
    const victim = row(pid);
    const before = beats.beats.length;
    const killed = process.hrtime.bigint();
    if (!victim || !send(victim, 'SIGKILL')) continue;
    const successor = await beats.first(before, beat => beat.name === name, 10_000);
    took.push(successor ? milliseconds(killed, successor.ns) : Infinity);
    await delay(BETWEEN_KILLS_MS);
  }
  return took;
}

async function killAll(n: number, beats: Pulse, pulse: string): Promise<number | null> {
  beats.current();
  const before = beats.beats.length;
  const all = workers(pulse);
  const killed = process.hrtime.bigint();
  const hit = all.filter(worker => send(worker, 'SIGKILL')).length;
  const back = await beats.all(before + Math.max(hit, n), PATIENCE_MS);
  return back === null ? null : milliseconds(killed, back);
}

/** Alternates the two, so that other load on the machine affects both. */
function timeLists(peer: Peer, folder: string): {list: number | null; bareNode: number} {
  const time = ([program = '', ...args]: readonly string[]): number => {
    const began = performance.now();
    spawnSync(program, args, {cwd: folder, env: peer.env, stdio: 'ignore'});
    return performance.now() - began;
  };
  const lists: number[] = [];
  const bare: number[] = [];
  for (let i = 0; i < LISTS; i++) {
    bare.push(time([process.execPath, '-e', '0']));
    if (peer.list) lists.push(time(peer.list));
  }
  return {list: median(lists), bareNode: median(bare) ?? 0};
}
