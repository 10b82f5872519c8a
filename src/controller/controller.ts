/** The controller: it decides everything and touches no worker. Here its parts are put together. */
import {dirname} from 'node:path';
import {Attachment} from './state/attachment.ts';
import {beginHeart} from './start/restore.ts';
import {createHands, type Hands} from './effects.ts';
import {now} from './turn/clock.ts';
import {CurrentCode} from './turn/installed-code.ts';
import {complain} from './turn/stderr.ts';
import {ControllerEnd} from './shutdown.ts';
import {DeclaredChannels} from './keeper/declared-channels.ts';
import {Engine} from './turn/engine.ts';
import {createErrands} from './spawn/helper.ts';
import {createFacts, take, type Facts} from './facts.ts';
import {FolderCare} from './monitor/folder.ts';
import {takeFirstTurn} from './start/first-turn.ts';
import {applyHandlers} from './handlers/apply.ts';
import {connectionHandlers} from './handlers/connection.ts';
import type {Desk} from './handlers/context.ts';
import {lifeHandlers} from './handlers/lifecycle.ts';
import {lookHandlers} from './handlers/query.ts';
import {memberHandlers} from './handlers/members.ts';
import {touchHandlers} from './handlers/signal.ts';
import {upgradeHandlers} from './handlers/upgrade.ts';
import {HealthChecks} from './health/health.ts';
import {createHealthCheck} from './health/check.ts';
import {HeldOutput} from './keeper/held-output.ts';
import {Hooks} from './hooks/hooks.ts';
import {Journal} from '../journal/writer.ts';
import type {KeeperLink} from './keeper/link.ts';
import {LimitWatch} from './monitor/limits.ts';
import {LogCare} from './monitor/log-retention.ts';
import {memoryOf} from './monitor/memory.ts';
import {Notices} from './monitor/notify.ts';
import {OrphanCare} from './monitor/orphan-policy.ts';
import {LastEnds} from './turn/last-ends.ts';
import {Orphans} from './monitor/orphans.ts';
import {Parents} from './monitor/parents.ts';
import {peerOf} from './handlers/peer.ts';
import {isPredecessor} from './start/predecessor.ts';
import {Pulse} from './keeper/heartbeat.ts';
import {Readings} from './monitor/readings.ts';
import {rereadFleet} from './state/reread.ts';
import {SignalFailures} from './turn/signal-failures.ts';
import {SupervisorSignals} from './signals.ts';
import {SnapshotFile} from './state/snapshot-file.ts';
import {readLaunch} from './start/read-launch.ts';
import type {Launch} from './state/launch.ts';
import {supervisorReport} from './handlers/supervisor-report.ts';
import {Sweep} from './monitor/sweep.ts';
import {FileWatch} from './watching/file-watch.ts';
import {RootWatch} from './watching/root-watch.ts';
import {inFolder} from '../control/folder.ts';
import type {SupervisorReport} from '../control/messages.ts';
import {ControlServer} from '../control/server.ts';
import type {Fact, Welcome} from '../link/messages.ts';
import {instanceLogFolder} from '../logs/layout.ts';
import type {SupervisorSignal} from '../posix/early-signals.ts';
import {writeError} from '../posix/standard-error.ts';
import {bootId} from '../process/proc-files.ts';
import {noteUserOf} from '../process/fleet-table.ts';
import {startTimeOf} from '../process/stat.ts';

export interface ControllerOptions {
  readonly folder: string;
  readonly version: string;
  readonly link: KeeperLink;
  readonly welcome: Welcome;
  /** The controller has nothing more to do. */
  readonly leave: () => void;
  /** Another controller has committed: this one has no say any more. */
  readonly superseded: () => void;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #launch: Launch;
  readonly #upSince: number;
  readonly #engine: Engine;
  readonly #held: HeldOutput;
  /** The welcome, with what the keeper has told since of what it can promise. */
  #promised: Welcome;
  readonly #limits: LimitWatch;
  readonly #server: ControlServer;
  readonly #signals: SupervisorSignals;
  readonly #facts: Facts;
  readonly #end: ControllerEnd;
  readonly #pulse: Pulse;

  constructor(options: ControllerOptions) {
    const {folder, version, link, welcome, leave} = options;
    this.#options = options;
    const boot = bootId();
    const startTime = startTimeOf(process.pid) ?? '';
    const snapshot = new SnapshotFile(folder);
    const launch = readLaunch(folder, snapshot, boot);
    this.#launch = launch;
    const beginning = beginHeart(launch, snapshot, boot);
    const {heart, saved} = beginning;
    this.#upSince = saved?.upSince ?? welcome.startedAt;
    this.#held = new HeldOutput(welcome.held);
    this.#promised = welcome;
    const lastEnds = new LastEnds();
    const code = new CurrentCode(welcome.code, version, event => this.#engine.note(event));
    const attachment = new Attachment(saved?.launch === launch.launch ? saved : launch, () => this.#down(false));
    const journal = new Journal(folder, record => {
      this.#server.broadcastEvent(record);
      health.heard(record);
      hooks.heard(record);
      watch.heard(record);
    });
    const fleetContext = {fleet: launch.name, fleetId: launch.id, folder};
    const run = createErrands({
      begun: () => link.order({type: 'errands'}),
      env: process.env,
      context: () => fleetContext,
      dir: () => heart.fleet().dir,
    });
    const health = new HealthChecks({
      heart,
      check: createHealthCheck(heart, run),
      feed: input => this.#engine.feed(input),
      now,
      random: Math.random,
    });
    const hooks = new Hooks({workers: () => heart.workers(), run, note: event => this.#engine.note(event)});
    const watch = new FileWatch({
      heart,
      home: dirname(folder),
      feed: input => this.#engine.feed(input),
      note: event => this.#engine.note(event),
      watchRoot: options => new RootWatch(options),
    });
    const signalFailures = new SignalFailures(heart, event => this.#engine.note(event));
    const hands: Hands = createHands({
      engine: () => this.#engine,
      link,
      signalFailures,
      run,
      spawnContext: () => ({
        ...fleetContext,
        baseNice: welcome.nice,
        outerPath: process.env['PATH'],
        channels: heart.fleet().channels,
      }),
    });
    const channels = new DeclaredChannels(link);
    const notices = new Notices(() => this.#engine, link);
    this.#engine = new Engine({
      heart,
      snapshot,
      journal,
      saved: () => ({
        boot,
        launch: launch.launch,
        fleet: {name: launch.name, file: launch.file, dir: launch.dir, id: launch.id},
        code: code.name,
        keeper: welcome.keeper,
        controller: {pid: process.pid, startTime},
        ...attachment.saved,
        upSince: this.#upSince,
      }),
      carryOut: decided => {
        hands.carryOut(decided);
        notices.carryOut(decided);
        this.#limits.carryOut(decided);
        channels.declare(heart.fleet().channels);
        if (heart.isDown) this.#end.allEnded();
      },
      isCurrent: () => process.ppid === welcome.keeper,
      superseded: options.superseded,
    });
    const engine = this.#engine;
    const orphans = new Orphans();
    const readings = new Readings(orphans);
    const limits = new LimitWatch({
      heart,
      memoryOf: ids => memoryOf(readings, heart, ids),
      feed: input => engine.feed(input),
    });
    this.#limits = limits;
    const parents = new Parents();
    const orphanCare = new OrphanCare({heart, orphans, parents, link, note: event => engine.note(event)});
    const folderCare = new FolderCare({folder, isLogged: welcome.anchor !== 1, engine, journal, snapshot, launch});
    const sweep = new Sweep({
      engine,
      readings,
      parents,
      orphanCare,
      link,
      holdSocket: () => this.#server.holdPlace(),
      lookAtFolder: () => folderCare.look(),
    });
    const desk: Desk = {
      engine,
      link,
      hands,
      health,
      notices,
      watch,
      limits,
      signalFailures,
      readings,
      lastEnds,
      orphans,
      orphanCare,
      sweep,
      folder,
    };
    this.#server = new ControlServer({
      socketPath: inFolder.socket(folder),
      allowedUids: new Set([0, process.getuid?.() ?? 0]),
      peerOf,
      // One whose keeper is gone must not take the socket from its successor.
      mayListen: () => process.ppid === welcome.keeper,
      mayReplace: peer => isPredecessor(peer, folder),
      onError: error => complain('a command failed inside', error),
      handlers: {
        ...lookHandlers(desk, () => this.#report()),
        ...lifeHandlers(desk),
        ...memberHandlers(desk),
        ...touchHandlers(desk),
        ...applyHandlers(desk, launch),
        ...upgradeHandlers(desk),
        ...connectionHandlers({folder, engine, journal, attachment}),
      },
    });
    const pulse = new Pulse(link, welcome.keeper, event => engine.note(event));
    this.#pulse = pulse;
    this.#end = new ControllerEnd({
      engine,
      journal,
      snapshot,
      server: this.#server,
      link,
      stopTimers() {
        notices.end();
        sweep.end();
        pulse.end();
        health.end();
        watch.end();
        limits.end();
      },
      hooks,
      leave,
    });
    this.#signals = new SupervisorSignals({
      end: atOnce => this.#down(atOnce),
      sweep: () => sweep.now(),
      apply: () => void this.#apply(),
      reopenLogs: () => link.order({type: 'reopen-logs'}),
      dump: () => this.#dump(),
    });
    const logCare = new LogCare(() => heart.workers());
    this.#facts = createFacts({
      engine,
      hands,
      notices,
      orphans,
      orphanCare,
      limits,
      signalFailures,
      held: this.#held,
      logCare,
      code,
      signals: this.#signals,
      pulse,
      lastEnds,
      guarantees: ({lineage, weaker}) => (this.#promised = {...this.#promised, lineage, weaker}),
      handOver: () => void this.#end.handOver(),
      lookAtFolder: () => sweep.lookAtFolder(),
    });
    journal.open(saved?.seq ?? 0, beginning.unwritten);
    for (const run of welcome.runs) {
      if (run.pid !== null) noteUserOf(run.pid);
      hands.began(run.token, run.logStart);
      notices.begin(run.token, run.notice);
      limits.begin(run.token, run.unheld);
    }
    for (const orphan of welcome.orphans) orphans.take(orphan, Date.now());
    takeFirstTurn({engine, link, launch, welcome, version, code}, beginning);
    health.lookAtAll();
    watch.refresh();
    for (const {id} of heart.instances()) logCare.look(instanceLogFolder(folder, id));
  }

  /** Opens the control socket; then `up` may return. */
  async listen(): Promise<void> {
    if (await this.#server.listen()) this.#options.link.order({type: 'ready'});
  }

  /** What the keeper says. */
  take(fact: Fact): void {
    take(this.#facts, fact);
  }

  /** A signal that was sent to the controller itself. */
  handleOwn(signal: SupervisorSignal): void {
    this.#signals.own(signal);
  }

  /** The keeper is gone. */
  abandon(): void {
    this.#end.abandon();
  }

  #report(): SupervisorReport {
    const {version} = this.#options;
    const {commitError, heart} = this.#engine;
    return supervisorReport(this.#promised, {
      version,
      upSince: this.#upSince,
      commitError,
      held: this.#held.of(heart),
      limits: this.#limits.weaker(),
      keeperSilentMs: Math.round(this.#pulse.keeperSilentMs),
    });
  }

  #down(atOnce: boolean): void {
    if (atOnce || !this.#engine.heart.isStopping) this.#engine.feed({type: 'down', now: atOnce});
  }

  async #apply(): Promise<void> {
    if (this.#launch.file === null || this.#engine.heart.isStopping) return;
    const read = await rereadFleet(this.#launch);
    if ('fleet' in read) this.#engine.feed({type: 'configure', fleet: read.fleet});
    else this.#engine.note({type: 'plan-refused', message: `SIGHUP changed nothing: ${read.message}`});
  }

  /** SIGUSR2: what is known, for a person who looks for a fault. */
  #dump(): void {
    writeError(
      `${JSON.stringify({at: new Date(), supervisor: this.#report(), heart: JSON.parse(this.#engine.heart.snapshot()) as unknown}, null, 1)}\n`,
    );
  }
}
