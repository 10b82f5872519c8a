/** Kills every process that a run has started, by pid and start time, however the run ends. */
import {setTimeout as delay} from 'node:timers/promises';
import type {Arena} from './arena.ts';
import {identity, isLiving, TAG, type Observer} from './observation.ts';
import {commandLine, environment, everyProcess, send, type Seen} from '../end-to-end/processes.ts';

const ROUNDS = 200;

/** Returns the living processes of the run: by environment, by command line, and known descendants. */
export function everythingOf({folder}: Arena, observer: Observer): Seen[] {
  const members = new Set(observer.look().members.map(({seen}) => identity(seen)));
  return everyProcess().filter(
    seen =>
      seen.pid !== process.pid &&
      isLiving(seen) &&
      (members.has(identity(seen)) ||
        environment(seen.pid).includes(`${TAG}=${folder}`) ||
        commandLine(seen.pid).some(word => word === folder || word.startsWith(`${folder}/`))),
  );
}

/** Kills them all. Returns those that did not die. */
export async function endEverything(arena: Arena, observer: Observer): Promise<readonly Seen[]> {
  for (let round = 0; ; round++) {
    const left = everythingOf(arena, observer);
    if (left.length === 0 || round === ROUNDS) return left;
    // SIGSTOP first, so that no supervisor restarts a killed process.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const seen of left) send(seen, signal);
    await delay(50);
  }
}
