/** The handlers of the facts that the keeper sends. */
import {agesNow} from './turn/age.ts';
import type {ReadinessProbes} from './effects/readiness-probes.ts';
import type {CurrentCode} from './turn/installed-code.ts';
import type {Engine} from './turn/engine.ts';
import type {HeldOutput} from './keeper/held-output.ts';
import type {LogCare} from './monitor/log-retention.ts';
import type {LastEnds} from './turn/last-ends.ts';
import {namesOf} from './turn/instance-names.ts';
import type {Notices} from './monitor/notify.ts';
import type {OrphanCare} from './monitor/orphan-policy.ts';
import type {Orphans} from './monitor/orphans.ts';
import type {Heartbeat} from './keeper/heartbeat.ts';
import {inputsOf} from './turn/run-inputs.ts';
import type {SignalFailures} from './turn/signal-failures.ts';
import type {SupervisorSignals} from './signals.ts';
import type {Sweep} from './monitor/sweep.ts';
import type {NotedRun} from './turn/run-inputs.ts';
import type {Fact, FactOf, FactType} from '../link/facts.ts';
import type {Input} from '../supervisor/types.ts';

export interface FactsHost {
  readonly engine: Engine;
  readonly probes: ReadinessProbes;
  readonly noteRun: (run: NotedRun) => void;
  readonly notices: Notices;
  readonly orphans: Orphans;
  readonly orphanCare: OrphanCare;
  readonly lastEnds: LastEnds;
  readonly signalFailures: SignalFailures;
  readonly held: HeldOutput;
  readonly logCare: LogCare;
  readonly code: CurrentCode;
  readonly signals: SupervisorSignals;
  readonly pulse: Heartbeat;
  /** Called when the keeper's guarantees have changed. */
  readonly guarantees: (fact: FactOf<'guarantees'>) => void;
  /** Called when another controller is ready to take over. */
  readonly handOver: () => void;
  readonly sweep: Sweep;
}

export type Facts = {readonly [T in FactType]: (fact: FactOf<T>) => void};

const elsewhere = (): void => {};

export function createFacts(host: FactsHost): Facts {
  const {engine, probes, noteRun, notices, orphans, orphanCare, lastEnds, held, logCare, code, signals, sweep} = host;
  const feed = (input: Input): void => engine.feed(input);
  return {
    spawned({type, token, pid, startTime, at, logStart, unenforced}) {
      noteRun({token, logStart, unenforced});
      engine.feed({type, token, pid, startTime, at});
    },
    'spawn-failed': feed,
    exited: feed,
    cleared(fact) {
      const id = engine.core.byToken(fact.token)?.id;
      if (id !== undefined) lastEnds.note(id, fact);
      feed(fact);
    },
    'signal-failed': fact => host.signalFailures.addFailure(fact),
    paused: feed,
    continued: feed,
    run({run}) {
      noteRun(run);
      engine.feed(...inputsOf(run, agesNow()));
    },
    notified: ({token, notice}) => notices.handleNotice(token, notice),
    'main-process': feed,
    'notify-refused'({token, pid, message}) {
      const id = engine.core.byToken(token)?.id ?? null;
      engine.note({type: 'notify-refused', ...namesOf(engine.core, id), pid, message});
    },
    orphan: fact => orphanCare.addOrphan(fact),
    'orphan-ended': ({pid}) => orphans.ended(pid),
    wrote: ({token}) => probes.noteOutput(token),
    rotated: ({folder}) => logCare.removeOldLogs(folder),
    'output-held'({id, error}) {
      held.set(id, error);
      const names = namesOf(engine.core, id);
      engine.note(error === null ? {type: 'repaired', ...names, error: null} : {type: 'output-held', ...names, error});
    },
    guarantees: fact => host.guarantees(fact),
    'log-repaired': ({id, message}) =>
      engine.note({type: 'repaired', ...namesOf(engine.core, id), what: 'log', message}),
    'upgrade-prepared': () => host.handOver(),
    'upgrade-failed': ({to, message}) => engine.note({type: 'upgrade-failed', to, message}),
    upgraded: ({from, to}) => code.upgraded(from, to),
    signalled: ({signal, again}) => signals.passedOn(signal, again),
    beat: () => host.pulse.heard(),
    repaired({what, message}) {
      engine.note({type: 'repaired', what, message});
      // Files of the controller in the fleet's folder may be missing, too.
      sweep.lookAtFolder();
    },
    outdated({tokens}) {
      const ids = tokens.flatMap(token => engine.core.byToken(token)?.id ?? []);
      if (ids.length > 0) engine.feed({type: 'reload', ids});
    },
    'channel-lost': ({channel, message}) => engine.note({type: 'channel-lost', channel, message}),
    welcome: elsewhere, // creates the controller
    reply: elsewhere, // resolves a request, see KeeperLink
    handshake: elsewhere, // answered before a controller exists
  };
}

/** @param type type of the fact; a keeper of another version may send types that are unknown here */
function takeAs<T extends FactType>(facts: Partial<Facts>, type: T, fact: FactOf<T>): void {
  facts[type]?.(fact);
}

export const take = (facts: Facts, fact: Fact): void => takeAs(facts, fact.type, fact);
