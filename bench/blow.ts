/**
 * One supervisor, one blow: what is left of its workers and of their output, and how long the workers are unmanaged.
 */
import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {census, type Census} from './census.ts';
import {Ledger, type Lines} from './lines.ts';
import type {Blow, Kind} from './peers/peer.ts';
import {inPlace} from './place.ts';
import {row, send, workers, type Row} from './processes.ts';
import type {Pulse} from './pulse.ts';

export interface Survival extends Census {
  readonly lines: Lines;
  /** Time from SIGKILL of a worker to the start of its successor, in ms, with an intact supervisor; null: never. */
  readonly restart: number | null;
  /** Time from the blow until a worker killed right after it runs again, in ms; null: never. */
  readonly unmanaged: number | null;
}

/** Number of workers that the census covers. */
export const WATCHED = 50;
/** Number of workers that the measurement kills itself: one before the blow, one after it. */
const VICTIMS = 2;
const PATIENCE_MS = 120_000;
const SETTLE_MS = 3000;
/** A worker that is not back by then counts as never restarted. */
export const NEVER_MS = 20_000;
/** Least time between the blow and the count of workers: some supervisors check theirs every five seconds. */
const WATCH_MS = 12_000;

export const strike = (kind: Kind, blow: Blow, pulse: string): Promise<Survival> =>
  inPlace(kind.name, async ({folder, env, beats}) => {
    const counts = join(folder, 'counts');
    mkdirSync(counts);
    const n = WATCHED + VICTIMS;
    const peer = kind.make({n, folder, pulse, logged: true, env: {...env, PULSE_COUNTS: counts}});
    peer.start();
    if ((await beats.all(n, PATIENCE_MS)) === null) throw new Error('not all workers were started');
    await peer.started();
    await delay(SETTLE_MS);
    peer.prepare();

    const [early, late, ...watched] = [...beats.current()];
    if (!early || !late) throw new Error('the workers have no names');
    const restart = await untilSuccessor(early, beats);
    await delay(SETTLE_MS);

    const before = watched.map(([name, pid]) => ({name, row: row(pid)}));
    const hit = blow.hits.flatMap(part => peer.part(part)).map(row);
    const struck = performance.now();
    const fallen = hit.filter(one => one !== null).filter(one => send(one, 'SIGKILL'));
    if (fallen.length < blow.hits.length) throw new Error(`${blow.hits.join(' and ')} could not be hit`);
    await gone(fallen);
    if (blow.again !== null) peer.again();
    const lag = performance.now() - struck;
    const successor = await untilSuccessor(late, beats);
    await delay(Math.max(0, WATCH_MS - (performance.now() - struck)));
    beats.current();
    const killed = new Set([early[1], late[1]]);
    return {
      ...census(before, workers(pulse), beats.beats),
      lines: await new Ledger(counts, folder, kind.logs).close(killed),
      restart,
      unmanaged: successor === null ? null : lag + successor,
    };
  });

async function gone(fallen: readonly Row[]): Promise<void> {
  const lives = (one: Row): boolean => {
    const now = row(one.pid);
    return now?.startTime === one.startTime && now.state !== 'Z' && now.state !== 'X';
  };
  while (fallen.some(lives)) await delay(1);
}

/** Kills a worker, unless it is dead already. Returns the time until its successor started, in ms. */
async function untilSuccessor([name, pid]: readonly [string, number], beats: Pulse): Promise<number | null> {
  const victim = row(pid);
  const since = beats.beats.length;
  const killed = process.hrtime.bigint();
  if (victim) send(victim, 'SIGKILL');
  const successor = await beats.first(since, beat => beat.name === name, NEVER_MS);
  return successor ? Number(successor.ns - killed) / 1e6 : null;
}
