/** The controller: decides everything and touches no worker. This class connects its parts. */
import type {SupervisorReport} from '../control/reports.ts';
import type {ControlServer} from '../control/server.ts';
import type {EventRecord} from '../journal/record.ts';
import type {Fact, Welcome} from '../link/facts.ts';
import {instanceLogFolder} from '../logs/layout.ts';
import type {SupervisorSignal} from '../posix/early-signals.ts';
import {writeError} from '../posix/standard-error.ts';
import {noteUserOf} from '../process/fleet-table.ts';
import type {Effect} from '../supervisor/types.ts';
import {createWorkerServices, type WorkerServices} from './assembly/worker-services.ts';
import {createServer} from './assembly/commands.ts';
import {createDecisions, type Decisions} from './assembly/decisions.ts';
import {createMonitoring, type Monitoring} from './assembly/monitoring.ts';
import {createFacts, take, type Facts} from './facts.ts';
import {supervisorReport} from './handlers/supervisor-report.ts';
import {Heartbeat} from './keeper/heartbeat.ts';
import {HeldOutput} from './keeper/held-output.ts';
import type {KeeperLink} from './keeper/link.ts';
import {ControllerEnd} from './shutdown.ts';
import {SupervisorSignals} from './signals.ts';
import {takeFirstTurn} from './start/first-turn.ts';
import {rereadFleet} from './state/reread.ts';

export interface ControllerOptions {
  readonly folder: string;
  readonly version: string;
  readonly link: KeeperLink;
  readonly welcome: Welcome;
  /** Called when the controller has nothing left to do. */
  readonly leave: () => void;
  /** Called when another controller has committed: this one must not decide any more. */
  readonly superseded: () => void;
}

export class Controller {
  readonly #decisions: Decisions;
  readonly #monitoring: Monitoring;
  readonly #services: WorkerServices;
  readonly #server: ControlServer;
  readonly #held: HeldOutput;
  readonly #pulse: Heartbeat;
  readonly #signals: SupervisorSignals;
  readonly #facts: Facts;
  readonly #end: ControllerEnd;
  /** The welcome, updated with the guarantees that the keeper has reported since. */
  #promised: Welcome;

  constructor(options: ControllerOptions) {
    const {link, welcome} = options;
    this.#promised = welcome;
    this.#held = new HeldOutput(welcome.held);
    this.#decisions = createDecisions({
      ...options,
      announce: record => this.#announce(record),
      carryOut: decided => this.#carryOut(decided),
    });
    const {engine} = this.#decisions;
    this.#monitoring = createMonitoring(this.#decisions, () => this.#server.holdPlace());
    this.#services = createWorkerServices(this.#decisions, this.#monitoring.limits);
    this.#server = createServer(this.#decisions, this.#monitoring, this.#services, () => this.#report());
    this.#pulse = new Heartbeat(link, welcome.keeper, event => engine.note(event));
    this.#end = this.#createEnd(options.leave);
    this.#signals = this.#createSignals();
    this.#facts = this.#createFacts();
    this.#begin();
  }

  /** Opens the control socket and reports ready: `up` may return. */
  async listen(): Promise<void> {
    if (await this.#server.listen()) this.#decisions.link.order({type: 'ready'});
  }

  /** Handles a fact from the keeper. */
  handleFact(fact: Fact): void {
    take(this.#facts, fact);
  }

  /** Handles a signal that was sent to the controller itself. */
  handleOwn(signal: SupervisorSignal): void {
    this.#signals.own(signal);
  }

  /** Ends after the loss of the keeper. */
  abandon(): void {
    this.#end.abandon();
  }

  #announce(record: EventRecord): void {
    this.#server.broadcastEvent(record);
    this.#services.heard(record);
  }

  #carryOut(decided: readonly Effect[]): void {
    this.#services.carryOut(decided);
    if (this.#decisions.core.isDown) this.#end.allEnded();
  }

  #createEnd(leave: () => void): ControllerEnd {
    const parts = [this.#monitoring, this.#services, this.#pulse];
    return new ControllerEnd({
      ...this.#decisions,
      server: this.#server,
      hooks: this.#services.hooks,
      stopTimers() {
        for (const part of parts) part.end();
      },
      leave,
    });
  }

  #createSignals(): SupervisorSignals {
    const {down, link} = this.#decisions;
    return new SupervisorSignals({
      end: down,
      sweep: () => this.#monitoring.sweep.now(),
      apply: () => void this.#apply(),
      reopenLogs: () => link.order({type: 'reopen-logs'}),
      dump: () => this.#dump(),
    });
  }

  #createFacts(): Facts {
    return createFacts({
      ...this.#decisions,
      ...this.#monitoring,
      ...this.#services,
      held: this.#held,
      signals: this.#signals,
      pulse: this.#pulse,
      guarantees: ({lineage, weaker}) => (this.#promised = {...this.#promised, lineage, weaker}),
      handOver: () => void this.#end.handOver(),
    });
  }

  /** Opens the journal, takes over the runs that the keeper knows, and does everything that is due. */
  #begin(): void {
    const {folder, welcome, beginning, journal, core} = this.#decisions;
    const {orphans, logCare} = this.#monitoring;
    const {noteRun, health, watch} = this.#services;
    journal.open(beginning.saved?.seq ?? 0, beginning.unwritten);
    for (const run of welcome.runs) {
      if (run.pid !== null) noteUserOf(run.pid);
      noteRun(run);
    }
    for (const orphan of welcome.orphans) orphans.addOrphan(orphan, Date.now());
    takeFirstTurn(this.#decisions, beginning);
    health.lookAtAll();
    watch.refresh();
    for (const {id} of core.instances()) logCare.removeOldLogs(instanceLogFolder(folder, id));
  }

  #report(): SupervisorReport {
    const {version, upSince, engine, core} = this.#decisions;
    return supervisorReport(this.#promised, {
      version,
      upSince,
      commitError: engine.commitError,
      held: this.#held.of(core),
      limits: this.#monitoring.limits.weaker(),
      keeperSilentMs: Math.round(this.#pulse.keeperSilentMs),
    });
  }

  async #apply(): Promise<void> {
    const {launch, engine, core} = this.#decisions;
    if (launch.file === null || core.isStopping) return;
    const read = await rereadFleet(launch);
    if ('fleet' in read) engine.feed({type: 'configure', fleet: read.fleet});
    else engine.note({type: 'plan-refused', message: `on SIGHUP: ${read.message}`});
  }

  /** SIGUSR2: writes the whole state to standard error, for debugging. */
  #dump(): void {
    const core = JSON.parse(this.#decisions.core.snapshot()) as unknown;
    writeError(`${JSON.stringify({at: new Date(), supervisor: this.#report(), core}, null, 1)}\n`);
  }
}
