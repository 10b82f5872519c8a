/** Compares the core's state with the keeper's records, after either process was lost. */
import {inputsOf, type AgeOf} from '../turn/run-inputs.ts';
import type {RunFact} from '../../link/runs.ts';
import type {Core} from '../../supervisor/index.ts';
import type {FoundRun, Input, Instance} from '../../supervisor/types.ts';

export interface Reconciled {
  readonly inputs: readonly Input[];
  /** Runs that were replaced by found ones: their pending effects are void. */
  readonly replaced: ReadonlySet<string>;
  /** Living runs that belong to no instance: they must be ended, so that none has two main processes. */
  readonly strays: readonly RunFact[];
}

/** The processes that this run left were never searched for. */
const UNSEEN = {
  proof: 'lineage',
  survivors: [],
  doubts: [{pid: null, startTime: null, words: 'its record was lost, so processes that it left were not searched for'}],
} as const;

const isOver = ({cleared, failure}: RunFact): boolean => cleared !== null || failure !== null;

export function reconcile(core: Core, runs: readonly RunFact[], wall: number, ageOf: AgeOf): Reconciled {
  const inputs: Input[] = [];
  const known = new Map(runs.map(run => [run.token, run]));
  const {found, strays} = sort(core, runs, known);
  const takenOver = new Map(found.map(({id, token}) => [id, token]));
  if (found.length > 0) inputs.push({type: 'found', runs: found});
  for (const run of runs) {
    if (takenOver.get(run.id) === run.token) inputs.push(...inputsOf({...run, adopted: true}, ageOf));
    else if (core.byToken(run.token)) inputs.push(...inputsOf(run, ageOf));
    // Makes the keeper forget the run.
    else if (isOver(run)) inputs.push({type: 'cleared', token: run.token, proof: 'lineage', survivors: []});
  }
  for (const {id, run, clearing} of core.instances()) {
    if (takenOver.has(id)) continue;
    // Its record is gone, so how the run ended is unknown; one that was never spawned is spawned by a replayed effect.
    if (run !== null && run.pid !== null && !known.has(run.token)) {
      inputs.push({type: 'exited', token: run.token, code: null, signal: null, at: wall});
      inputs.push({type: 'cleared', token: run.token, ...UNSEEN});
    }
    if (clearing !== null && !known.has(clearing)) {
      inputs.push({type: 'cleared', token: clearing, ...UNSEEN});
    }
  }
  return {inputs, replaced: new Set(found.flatMap(({id}) => tokensOf(core.get(id)))), strays};
}

const tokensOf = (instance: Instance | undefined): string[] =>
  [instance?.run?.token, instance?.clearing].filter(token => token != null);

/**
 * Sorts the runs that the core does not know and that are not over: the first of each instance without another run
 * becomes its run, the others are strays.
 */
function sort(
  core: Core,
  runs: readonly RunFact[],
  known: ReadonlyMap<string, RunFact>,
): {found: FoundRun[]; strays: RunFact[]} {
  const found = new Map<string, FoundRun>();
  const strays: RunFact[] = [];
  const workers = new Set(core.workers().map(({name}) => name));
  const unknown = runs.filter(({token}) => !core.byToken(token));
  const begun = new Map<string, number>();
  for (const {id, pid} of unknown) if (pid !== null) begun.set(id, (begun.get(id) ?? 0) + 1);
  for (const run of unknown) {
    if (isOver(run)) continue;
    const {id, token} = run;
    const instance = core.get(id);
    const own = tokensOf(instance).map(one => known.get(one));
    const taken = found.has(id) || own.some(one => one !== undefined && !isOver(one));
    if (taken || !workers.has(id.split('/')[0] ?? '')) strays.push(run);
    else {
      // A restart is counted when it is decided, so the first run after that decision is not counted again.
      const counted = instance?.run == null ? 1 : 0;
      found.set(id, {id, token, missed: Math.max(0, (begun.get(id) ?? 0) - counted)});
    }
  }
  return {found: [...found.values()], strays};
}
