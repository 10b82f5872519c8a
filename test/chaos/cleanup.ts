/** The end of everything that a run has started, by pid and start time, however it ends. */
import {setTimeout as delay} from 'node:timers/promises';
import type {Arena} from './arena.ts';
import {identity, isLiving, TAG, type Observer} from './observation.ts';
import {commandLine, environment, everyProcess, send, type Seen} from '../end-to-end/processes.ts';

const ROUNDS = 200;

/** Living processes of the run: by their environment, by their words, and what they are known to have forked. */
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

/** Ends them all; answers those that can't be ended. */
export async function endEverything(arena: Arena, observer: Observer): Promise<readonly Seen[]> {
  for (let round = 0; ; round++) {
    const left = everythingOf(arena, observer);
    if (left.length === 0 || round === ROUNDS) return left;
    // Stopped first, so that nobody brings back what was just killed.
    for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const seen of left) send(seen, signal);
    await delay(50);
  }
}
