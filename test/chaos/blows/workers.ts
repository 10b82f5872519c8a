/** Blows to workers: kill, signal, stop and continue. */
import type {Blow} from '../blow.ts';
import type {Field} from '../field.ts';
import type {Member} from '../observation.ts';
import {send, type Seen} from '../../end-to-end/processes.ts';
import type {Prng} from '../../simulation/prng.ts';

/** Draws victims by their position in the fleet, which a replay reproduces, unlike a pid. */
export const drawPlaces = (dice: Prng, most: number): number[] =>
  Array.from({length: 1 + dice.int(most)}, () => dice.next());

export function instancesAt(field: Field, places: readonly number[]): string[] {
  const ids = [...field.wanted.up().keys()].sort();
  return [...new Set(places.flatMap(place => ids[Math.floor(place * ids.length)] ?? []))];
}

/** @param whole include every process of the instances, not only the main ones */
function membersOf(field: Field, ids: readonly string[], whole: boolean): Member[] {
  const wanted = new Set(ids);
  const {members} = field.observer.look();
  return members.filter(({id, main}) => wanted.has(id) && (main || whole));
}

const processesOf = (field: Field, ids: readonly string[], whole: boolean): Seen[] =>
  membersOf(field, ids, whole).map(({seen}) => seen);

const listed = (places: readonly number[]): string => `at ${places.map(place => place.toFixed(3)).join(' ')}`;

export const killWorkers: Blow = {
  name: 'kill workers',
  weight: 8,
  draw(dice) {
    const places = drawPlaces(dice, dice.chance(0.2) ? 100 : 10);
    const whole = dice.chance(0.3);
    return {
      words: `kill -9 ${places.length} workers${whole ? ' with all they have started' : ''}, ${listed(places.slice(0, 10))}`,
      strike(field) {
        const ids = instancesAt(field, places);
        field.touch(ids);
        for (const seen of processesOf(field, ids, whole)) send(seen, 'SIGKILL');
      },
    };
  },
};

const SIGNALS: readonly NodeJS.Signals[] = [
  'SIGTERM',
  'SIGINT',
  'SIGUSR2',
  'SIGHUP',
  'SIGUSR1',
  'SIGQUIT',
  'SIGPIPE',
  'SIGALRM',
];

export const signalWorkers: Blow = {
  name: 'signal workers',
  weight: 4,
  draw(dice) {
    const places = drawPlaces(dice, 10);
    const signal = dice.pick(SIGNALS);
    return {
      words: `${signal} to ${places.length} workers, ${listed(places)}`,
      strike(field) {
        const ids = instancesAt(field, places);
        field.touch(ids);
        for (const {id, seen} of membersOf(field, ids, false)) field.signalWorker(id, seen, signal);
      },
    };
  },
};

export const pauseWorkers: Blow = {
  name: 'stop and continue workers',
  weight: 4,
  draw(dice) {
    const places = drawPlaces(dice, 10);
    const whole = dice.chance(0.5);
    const ms = 100 + dice.int(2900);
    return {
      words: `SIGSTOP to ${places.length} workers${whole ? ' with all they have started' : ''} for ${ms} ms, ${listed(places)}`,
      strike(field) {
        const victims = processesOf(field, instancesAt(field, places), whole);
        for (const seen of victims) send(seen, 'SIGSTOP');
        field.undoAfter(ms, () => field.resume(victims));
      },
    };
  },
};
