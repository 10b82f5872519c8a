/** What people ask for at random, and whose wishes that may change. */
import type {FleetSpec} from '../../src/fleet/types.ts';
import type {Core, Input} from '../../src/supervisor/index.ts';
import {randomWorker} from './fleets.ts';
import type {Scope} from './model/scene.ts';
import type {Prng} from './prng.ts';

type Command = Exclude<Input, {readonly token: string} | {readonly type: 'tick'}>;

const ADDED = ['extra', 'spare'];

/** A command; null where none makes sense. `edited` makes a changed fleet file. */
export function randomCommand(rng: Prng, core: Core, edited: () => FleetSpec): Command | null {
  const ids = Array.from(core.instances(), ({id}) => id);
  const names = core.fleet().workers.map(({name}) => name);
  if (ids.length === 0 || names.length === 0 || rng.chance(0.06)) return {type: 'configure', fleet: edited()};
  const some = (): string[] =>
    rng.chance(0.15) ? ids : rng.chance(0.5) ? [rng.pick(ids)] : ofWorker(rng.pick(names), ids);
  const kind = rng.pick([...FREQUENT, ...FREQUENT, ...FREQUENT, 'add', 'remove', 'scale', 'alarm'] as const);
  switch (kind) {
    case 'add': {
      const name = rng.pick(ADDED);
      // It depends on none of those that were added too, lest there be a cycle: the controller refuses these.
      const others = core.fleet().workers.filter(worker => !ADDED.includes(worker.name));
      return names.includes(name) ? null : {type: 'add', spec: randomWorker(rng, name, others)};
    }
    case 'remove':
      return {type: 'remove', workers: [rng.pick(names)]};
    case 'scale':
      return {type: 'scale', worker: rng.pick(names), instances: rng.int(5)};
    case 'alarm':
      return {type: 'alarm', ids: some(), seconds: rng.pick([0, 1, 30])};
    case 'start':
    case 'stop':
    case 'restart':
    case 'reload':
    case 'pause':
    case 'resume':
      return {type: kind, ids: some()};
    case 'file-changed':
      return {type: kind, ids: some(), path: 'src/main.js', files: 1};
  }
}

const FREQUENT = ['start', 'start', 'stop', 'restart', 'reload', 'file-changed', 'pause', 'resume'] as const;

const ofWorker = (name: string, ids: readonly string[]): string[] => ids.filter(id => id.startsWith(`${name}/`));

const NOBODY: ReadonlySet<string> = new Set();
const NO_CHANGE: Scope = {up: NOBODY, down: NOBODY, open: NOBODY};

/** Whom an input concerns; to be asked before the core hears it. */
export function scopeOf(input: Input, core: Core): Scope {
  if ('token' in input || core.isStopping) return NO_CHANGE;
  switch (input.type) {
    case 'tick':
    case 'reload':
    case 'pause':
    case 'resume':
    case 'alarm':
      return NO_CHANGE;
    case 'file-changed':
      return {up: new Set(input.ids.filter(id => core.get(id)?.wanted === 'up')), down: NOBODY, open: NOBODY};
    case 'start':
    case 'restart': {
      const ids = input.ids.filter(id => core.get(id)?.leaving === false);
      return {up: new Set(ids), down: NOBODY, open: required(ids, core)};
    }
    case 'stop':
      return {up: NOBODY, down: new Set(input.ids), open: NOBODY};
    case 'down':
      return {up: NOBODY, down: new Set(Array.from(core.instances(), ({id}) => id)), open: NOBODY};
    case 'remove':
      return {up: NOBODY, down: instancesOf(input.workers, core), open: NOBODY};
    case 'add':
      return {up: NOBODY, down: NOBODY, open: numbered([input.spec.name])};
    case 'scale':
      return {up: NOBODY, down: NOBODY, open: numbered([input.worker])};
    case 'configure':
      return {up: NOBODY, down: NOBODY, open: changedBy(input.fleet, core)};
    case 'found':
      return {up: NOBODY, down: NOBODY, open: new Set(input.runs.map(({id}) => id))};
  }
}

/** Instances of all that these require, however far down, and that nobody named. */
function required(ids: readonly string[], core: Core): Set<string> {
  const names = new Set<string>();
  const follow = (name: string): void => {
    if (names.has(name) || !core.workers().some(spec => spec.name === name)) return;
    names.add(name);
    core.specOf(name).requires.forEach(follow);
  };
  for (const id of ids) {
    const worker = core.get(id)?.worker;
    if (worker !== undefined) core.specOf(worker).requires.forEach(follow);
  }
  const open = instancesOf([...names], core);
  for (const id of ids) open.delete(id);
  return open;
}

function instancesOf(workers: readonly string[], core: Core): Set<string> {
  const found = new Set<string>();
  for (const {id, worker} of core.instances()) if (workers.includes(worker)) found.add(id);
  return found;
}

/** Every id that a worker's instances can have here. */
function numbered(workers: readonly string[]): Set<string> {
  return new Set(workers.flatMap(name => Array.from({length: 12}, (_, i) => `${name}/${i + 1}`)));
}

/** Workers that a fleet file brings, changes, scales back or does not have any more. */
function changedBy(fleet: FleetSpec, core: Core): Set<string> {
  const before = new Map(core.workers().map(spec => [spec.name, spec]));
  const names = new Set([...fleet.workers.map(({name}) => name), ...before.keys()]);
  const changed = [...names].filter(name => {
    const now = fleet.workers.find(spec => spec.name === name);
    const staying = [...core.instances()].filter(i => i.worker === name && !i.leaving).length;
    return JSON.stringify(now) !== JSON.stringify(before.get(name)) || staying !== now?.instances;
  });
  return numbered(changed);
}
