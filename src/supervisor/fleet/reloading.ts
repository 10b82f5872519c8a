/**
 * A rolling reload: restarts one instance at a time, and continues with the next one when that one has proved itself.
 * The reload ends at the first failure; instances whose turn has not come stay as they are.
 */
import type {JournalEvent} from '../../journal/events.ts';
import {isRecord} from '../equal.ts';
import type {Cell} from './cell.ts';
import type {Roster} from './roster.ts';
import {waitsForTime} from '../instance/scheduling.ts';
import type {Instance} from '../types.ts';

/** An instance that has had its turn, or has it now. */
interface Reloaded {
  readonly id: string;
  /** Its automatic restarts when its turn came. Any further one fails the reload. */
  readonly restarts: number;
}

interface Turn extends Reloaded {
  /** The token of the run to be replaced. */
  readonly before: string;
  /** When the new run will have run long enough (CLOCK_MONOTONIC, ms), or null while it is not ready. */
  readonly goodAt: number | null;
}

/** A reload that is under way. Plain JSON: it is part of the snapshot. */
export interface Reload {
  readonly turn: Turn | null;
  readonly done: readonly Reloaded[];
  /** Ids of the instances whose turn will come, in order. */
  readonly rest: readonly string[];
}

/**
 * The time that an instance without a readiness check must run (ms), since otherwise all might crash one after another.
 */
const SHOWS_ITSELF_MS = 1000;

/**
 * Adds instances to the reload that is under way, or starts one. The instance that has its turn is added again if its
 * new run has begun: that run is older than this request.
 */
export function withMore(reload: Reload | null, ids: readonly string[], {cells}: Roster): Reload {
  const {turn, done, rest} = reload ?? {turn: null, done: [], rest: []};
  const run = turn === null ? null : (cells.get(turn.id)?.instance.run ?? null);
  const isYetToBegin = run === null || run.token === turn?.before;
  const known = new Set(rest);
  const more = new Set(ids.filter(id => !(turn?.id === id && isYetToBegin) && !known.has(id)));
  return {turn, done: done.filter(({id}) => !more.has(id)), rest: [...rest, ...more]};
}

/** Removes instances from a reload. */
export function without(reload: Reload, ids: readonly string[]): Reload {
  const others = new Set(ids);
  const stays = ({id}: {readonly id: string}): boolean => !others.has(id);
  return {
    turn: reload.turn !== null && stays(reload.turn) ? reload.turn : null,
    done: reload.done.filter(stays),
    rest: reload.rest.filter(id => !others.has(id)),
  };
}

/** Returns whether an instance's turn has not ended yet. */
export function concerns({turn, rest}: Reload, id: string): boolean {
  return turn?.id === id || setOf(rest).has(id);
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** Returns the set of a list, cached by list: each turn queries it for every instance. */
function setOf(ids: readonly string[]): ReadonlySet<string> {
  const known = sets.get(ids) ?? new Set(ids);
  sets.set(ids, known);
  return known;
}

/** The operations of a reload. */
export interface Rolling {
  readonly roster: Roster;
  /** CLOCK_MONOTONIC, ms. */
  readonly mono: number;
  readonly restart: (cell: Cell) => void;
  readonly journal: (event: JournalEvent) => void;
}

/** Continues a reload as far as possible now. Returns null when it is over. */
export function roll(reload: Reload, rolling: Rolling): Reload | null {
  const {roster, mono, restart, journal} = rolling;
  const {turn, done, rest} = reload;
  const failed = (turn === null ? done : [...done, turn]).find(one => hasFailed(one, roster));
  if (failed !== undefined) {
    const cell = roster.cells.get(failed.id);
    if (cell !== undefined) journal(failure(cell.instance, rest));
    return null;
  }
  if (turn !== null) {
    const cell = roster.cells.get(turn.id);
    const next = cell === undefined ? 'over' : stateOf(turn, cell, mono);
    if (next === 'waits') return reload;
    if (next !== 'over' && next !== 'good') return {...reload, turn: next};
    const reloaded = next === 'good' ? [...done, {id: turn.id, restarts: turn.restarts}] : done;
    return roll({turn: null, done: reloaded, rest}, rolling);
  }
  const [id, ...later] = rest;
  if (id === undefined) return null;
  const cell = roster.cells.get(id);
  const run = cell?.instance.run ?? null;
  if (cell === undefined || run === null || run.ending !== null || cell.instance.wanted === 'down') {
    // There is no run to replace: the next one is new in any case.
    return roll({turn: null, done, rest: later}, rolling);
  }
  const {restarts} = cell.instance;
  restart(cell);
  return {turn: {id, before: run.token, restarts, goodAt: null}, done, rest: later};
}

function hasFailed({id, restarts}: Reloaded, {cells}: Roster): boolean {
  const instance = cells.get(id)?.instance;
  return instance?.wanted === 'up' && (instance.status === 'failed' || instance.restarts > restarts);
}

function stateOf(turn: Turn, {instance, member}: Cell, mono: number): 'over' | 'waits' | 'good' | Turn {
  const {wanted, status, run} = instance;
  if (wanted === 'down') return 'over';
  if (status === 'finished' || waitsForTime(instance)) return 'good';
  if (status !== 'ready' || run?.token === turn.before) return turn.goodAt === null ? 'waits' : {...turn, goodAt: null};
  if (member.spec.ready !== null) return 'good';
  if (turn.goodAt === null) return {...turn, goodAt: mono + SHOWS_ITSELF_MS};
  return turn.goodAt <= mono ? 'good' : 'waits';
}

function failure({worker, number, reason}: Instance, left: readonly string[]): JournalEvent {
  return {type: 'reload-failed', worker, instance: number, reason, left};
}

/** Returns whether a value from a snapshot is a reload. */
export function isReload(value: unknown): value is Reload {
  if (!isRecord(value)) return false;
  const {turn, done, rest} = value;
  const isOne = (one: unknown): boolean =>
    isRecord(one) && typeof one['id'] === 'string' && typeof one['restarts'] === 'number';
  return (
    (turn === null || (isOne(turn) && isRecord(turn) && typeof turn['before'] === 'string')) &&
    Array.isArray(done) &&
    done.every(isOne) &&
    Array.isArray(rest) &&
    rest.every(id => typeof id === 'string')
  );
}
