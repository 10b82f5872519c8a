/** Carries out what the heart decided: orders to the keeper, probes, journal lines. */
import type {Engine} from './turn/engine.ts';
import type {RunErrand} from './spawn/helper.ts';
import type {KeeperLink, OrderWithoutLease} from './keeper/link.ts';
import {startProbe} from './probes/index.ts';
import type {SignalFailures} from './turn/signal-failures.ts';
import {needsLooking, planSpawn, planSpawnLooking, type SpawnContext, type SpawnPlan} from './spawn/spawn-order.ts';
import {SpawnPlans} from './spawn/plans.ts';
import type {LogStart} from '../link/messages.ts';
import type {WorkerSpec} from '../fleet/types.ts';
import {instanceLogFolder} from '../logs/layout.ts';
import {signalNumber, type SignalName} from '../posix/signals.ts';
import type {Effect} from '../supervisor/types.ts';

export interface Hands {
  carryOut(effects: readonly Effect[]): void;
  /** The keeper has moved output of a run. */
  wrote(token: string): void;
  /** Notes where the output of a run begins. */
  began(token: string, logStart: LogStart): void;
  /** Resolves once the freezing or thawing of a run that is under way is done. */
  settled(token: string): Promise<unknown>;
}

export interface HandsOptions {
  readonly engine: () => Engine;
  readonly link: KeeperLink;
  readonly spawnContext: () => SpawnContext;
  readonly run: RunErrand;
  readonly signalFailures: SignalFailures;
}

/** What the machine lacks is not counted against a worker. */
const SHORTAGES: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

export function createHands({engine, link, spawnContext, run, signalFailures}: HandsOptions): Hands {
  const probes = new Map<string, () => void>();
  const listeners = new Map<string, () => void>();
  const logStarts = new Map<string, LogStart>();
  const underWay = new Map<string, Promise<unknown>>();

  const specOf = (id: string): WorkerSpec | null => {
    const instance = engine().heart.get(id);
    return instance ? engine().heart.specOf(instance.worker) : null;
  };

  /** The order; null where there is none, and that is told. */
  const orderOf = (token: string, plan: SpawnPlan): OrderWithoutLease | null => {
    if ('order' in plan) return plan.order;
    const {code, message} = plan.failure;
    engine().feed({type: 'spawn-failed', token, code, message, at: Date.now(), shortage: SHORTAGES.has(code)});
    return null;
  };

  const plans = new SpawnPlans({
    plan: subject => planSpawnLooking(subject, spawnContext()),
    planned(token, plan) {
      const order = orderOf(token, plan);
      if (order) link.order(order);
    },
  });

  const spawn = (token: string, id: string): OrderWithoutLease | null => {
    const instance = engine().heart.get(id);
    const spec = specOf(id);
    if (!instance || !spec) return null;
    const context = spawnContext();
    if (!needsLooking({spec, token}, context)) return orderOf(token, planSpawn({spec, instance, token}, context));
    plans.begin({spec, instance, token});
    return null;
  };

  const probe = (token: string, id: string): void => {
    const instance = engine().heart.get(id);
    const spec = specOf(id);
    if (!instance || !spec?.ready || probes.has(token)) return;
    const end = startProbe(spec.ready, {
      logFolder: instanceLogFolder(spawnContext().folder, id),
      logStart: logStarts.get(token) ?? {out: 0, err: 0},
      run: errand => run({spec, id, number: instance.number}, errand),
      ready: () => engine().feed({type: 'probe-ready', token}),
      onOutput(listener) {
        listeners.set(token, listener);
        link.order({type: 'watch', token});
        return () => {
          if (listeners.delete(token)) link.order({type: 'unwatch', token});
        };
      },
    });
    probes.set(token, end);
  };

  const ask = (type: 'freeze' | 'thaw', token: string): void => {
    const name = type === 'freeze' ? 'SIGSTOP' : 'SIGCONT';
    const asked = link.ask({type, token}).then(({error, refused = []}) => {
      if (error !== null) signalFailures.take({token, pid: null, signal: name, error});
      for (const one of refused) signalFailures.take({token, signal: name, ...one});
      if (underWay.get(token) === asked) underWay.delete(token);
    });
    underWay.set(token, asked);
  };

  const signal = (token: string, name: SignalName): void => {
    void link.ask({type: 'signal-run', token, signal: signalNumber(name) ?? 0, tree: false}).then(({error}) => {
      if (error !== null) signalFailures.take({token, pid: null, signal: name, error});
    });
  };

  return {
    carryOut(effects) {
      const orders: OrderWithoutLease[] = [];
      const forgotten: string[] = [];
      for (const effect of effects) {
        switch (effect.type) {
          case 'spawn': {
            const order = spawn(effect.token, effect.id);
            if (order) orders.push(order);
            break;
          }
          case 'end':
            if (!plans.callOff(effect.token)) orders.push(effect);
            break;
          case 'clear':
            // The keeper knows that run: an earlier controller had ordered it, and this one was about to order it again.
            plans.drop(effect.token);
            orders.push(effect);
            break;
          case 'forget':
            logStarts.delete(effect.token);
            forgotten.push(effect.token);
            break;
          case 'probe':
            probe(effect.token, effect.id);
            break;
          case 'unprobe':
            probes.get(effect.token)?.();
            probes.delete(effect.token);
            break;
          case 'signal':
            signal(effect.token, effect.signal);
            break;
          case 'freeze':
          case 'thaw':
            ask(effect.type, effect.token);
            break;
          case 'watchdog':
          case 'unwatchdog':
            break; // who listens to workers counts
          case 'journal':
            break; // was written when it was committed
        }
      }
      if (forgotten.length > 0) orders.push({type: 'forget', tokens: forgotten});
      link.order(...orders);
    },
    wrote: token => listeners.get(token)?.(),
    began: (token, logStart) => void logStarts.set(token, logStart),
    settled: token => underWay.get(token) ?? Promise.resolve(),
  };
}
