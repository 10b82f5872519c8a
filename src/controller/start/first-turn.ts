/** The first turn of a controller: notes losses, takes over running runs, starts what `up` requested. */
import {agesNow} from '../turn/age.ts';
import type {Beginning} from './restore.ts';
import type {CurrentCode} from '../turn/installed-code.ts';
import {noteRepaired} from '../turn/stderr.ts';
import type {Engine} from '../turn/engine.ts';
import type {KeeperLink} from '../keeper/link.ts';
import {endPredecessor} from './predecessor.ts';
import {reconcile} from './reconcile.ts';
import type {Launch, Saved} from '../state/launch.ts';
import type {Welcome} from '../../link/facts.ts';

export interface FirstTurnHost {
  readonly engine: Engine;
  readonly link: KeeperLink;
  readonly launch: Launch;
  readonly welcome: Welcome;
  readonly version: string;
  readonly code: CurrentCode;
}

export function takeFirstTurn(host: FirstTurnHost, {effects, saved, stopped, repaired}: Beginning): void {
  const {engine, link, launch, welcome} = host;
  if (saved?.controller) endPredecessor(saved.controller);
  const {inputs, replaced, strays} = reconcile(engine.core, welcome.runs, Date.now(), agesNow());
  noteBeginning(host, saved);
  if (repaired !== null) noteRepaired(engine, 'snapshot', repaired);
  // First, so that nothing is started only to be ended.
  if (welcome.ending) engine.feed({type: 'down', now: false});
  engine.feed(...inputs);
  engine.replay(effects.filter(effect => !('token' in effect && replaced.has(effect.token))));
  for (const {id, pid, exit} of strays) {
    if (pid === null || exit !== null) continue; // no main process is left of it
    noteRepaired(engine, 'snapshot', `found a run of ${id} that does not belong to this fleet: it is killed`);
  }
  link.order(...strays.map(({token}) => ({type: 'end', token, signal: 'SIGKILL', timeoutMs: 0}) as const));
  if (!saved) startOnly(engine, launch);
  else if (saved.launch !== launch.launch) {
    // After a crash the next `up` restores the snapshot, and then applies the file.
    engine.feed({type: 'configure', fleet: launch.spec});
    if (stopped) startAll(engine, launch);
  }
  engine.feed({type: 'tick'});
}

/** Notes whether the supervisor was started, or continues after a loss. */
function noteBeginning({engine, launch, welcome, version, code}: FirstTurnHost, saved: Saved | null): void {
  const by = {keeper: welcome.keeper, controller: process.pid};
  if (saved?.launch === launch.launch) {
    noteLoss(engine, welcome, saved.keeper);
    // The controller that received this fact was lost before the commit.
    if (saved.code != null && welcome.code !== null && saved.code !== welcome.code) {
      code.upgraded(saved.code, welcome.code);
    }
  } else if (!saved && welcome.lost > 0 && welcome.runs.length > 0) noteLoss(engine, welcome, welcome.keeper);
  else engine.note({type: 'supervisor-started', ...by, anchor: welcome.anchor, version});
}

/** Notes why this controller replaces another one; `before` is the keeper of that one. */
function noteLoss(engine: Engine, {keeper, loss, failedUpgrade}: Welcome, before: number): void {
  const by = {keeper, controller: process.pid};
  if (failedUpgrade) engine.note({type: 'upgrade-failed', ...failedUpgrade});
  if (before !== keeper) engine.note({type: 'keeper-lost', ...by});
  else if (loss) engine.note({type: 'controller-lost', ...by, reason: loss.how, report: loss.report});
}

/** `up --only`: leaves all others down. */
function startOnly(engine: Engine, {only}: Launch): void {
  if (only === null) return;
  const ids = [...engine.core.instances()];
  engine.feed({type: 'stop', ids: ids.map(({id}) => id)});
  const named = ids.filter(({worker}) => only.includes(worker));
  engine.feed({type: 'start', ids: named.map(({id}) => id), inTime: true});
}

/** Starts the instances that were down only because the whole fleet was. */
function startAll(engine: Engine, {only, spec}: Launch): void {
  const wanted = spec.workers.filter(({name}) => only === null || only.includes(name));
  const ids = wanted.flatMap(({name, instances}) => Array.from({length: instances}, (_, at) => `${name}/${at + 1}`));
  engine.feed({type: 'start', ids, inTime: true});
}
