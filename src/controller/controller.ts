/** The controller: it decides everything and touches no worker. Here its parts are put together. */
import {basename} from 'node:path';
import {agesNow} from './age.ts';
import {Attachment} from './attachment.ts';
import {beginHeart, type Beginning} from './begin.ts';
import {createHands, type Hands} from './carry-out.ts';
import {now} from './clock.ts';
import {Engine} from './engine.ts';
import {inputOf, inputsOf} from './facts.ts';
import {applyHandlers} from './handlers/apply.ts';
import type {Desk} from './handlers/desk.ts';
import {lifeHandlers} from './handlers/life.ts';
import {lookHandlers} from './handlers/look.ts';
import {memberHandlers} from './handlers/members.ts';
import {touchHandlers} from './handlers/touch.ts';
import {upgradeHandlers} from './handlers/upgrade.ts';
import {Journal} from './journal.ts';
import type {KeeperLink} from './keeper-link.ts';
import {LogCare} from './log-care.ts';
import {peerOf} from './peer.ts';
import {Pulse} from './pulse.ts';
import {endPredecessor} from './predecessor.ts';
import {Readings} from './readings.ts';
import {reconcile} from './reconcile.ts';
import {rereadFleet} from './reread.ts';
import {SnapshotFile} from './snapshot-file.ts';
import {SupervisorSignals} from './signals.ts';
import {readLaunch, type Launch} from './start.ts';
import {supervisorReport, type Welcome} from './supervisor-report.ts';
import {ZombieWatch} from './zombie-watch.ts';
import {inFolder} from '../control/folder.ts';
import type {SupervisorReport} from '../control/messages.ts';
import {recordsAfter} from '../control/journal.ts';
import {ControlServer} from '../control/server.ts';
import type {ChannelSpec} from '../fleet/types.ts';
import type {Fact} from '../keeper/messages.ts';
import {instanceLogFolder} from '../logs/layout.ts';
import type {SupervisorSignal} from '../posix/early-signals.ts';
import {bootId, commandOf} from '../process/facts.ts';
import {startTimeOf} from '../process/stat.ts';
import {readProcessTable} from '../process/table.ts';

const SWEEP_MS = 5_000;
/** Characters of a command line that are noted: it may be megabytes long. */
const MAX_COMMAND = 500;

export interface ControllerOptions {
  readonly folder: string;
  readonly version: string;
  readonly link: KeeperLink;
  readonly welcome: Welcome;
  /** The controller has nothing more to do. */
  readonly leave: () => void;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly #launch: Launch;
  readonly #snapshot: SnapshotFile;
  readonly #journal: Journal;
  readonly #engine: Engine;
  readonly #hands: Hands;
  readonly #readings = new Readings();
  readonly #zombies = new ZombieWatch();
  readonly #logCare = new LogCare();
  readonly #server: ControlServer;
  readonly #held = new Map<string, string>();
  readonly #attachment: Attachment;
  readonly #signals: SupervisorSignals;
  readonly #upSince: number;
  /** The copy of the programs that is current, as far as it was told in an event. */
  #code: string | null;
  readonly #sweeper: NodeJS.Timeout;
  readonly #pulse: Pulse;
  #ending = false;
  /** Whose sockets the keeper has been told of. */
  #channels: readonly ChannelSpec[] | null = null;

  constructor(options: ControllerOptions) {
    const {folder, link, welcome} = options;
    this.#options = options;
    this.#launch = readLaunch(folder);
    const boot = bootId();
    const startTime = startTimeOf(process.pid) ?? '';
    this.#snapshot = new SnapshotFile(folder);
    const beginning = beginHeart(this.#launch, this.#snapshot, boot);
    const {heart, saved} = beginning;
    this.#upSince = saved?.upSince ?? welcome.startedAt;
    this.#code = welcome.code;
    this.#attachment = new Attachment(saved?.launch === this.#launch.launch ? saved : this.#launch, () =>
      this.#down(false),
    );
    this.#signals = new SupervisorSignals({
      end: atOnce => this.#down(atOnce),
      sweep: () => this.#sweep(),
      apply: () => void this.#apply(),
      reopenLogs: () => link.order({type: 'reopen-logs'}),
      dump: () => this.#dump(),
    });
    this.#journal = new Journal(folder, record => this.#server.broadcastEvent(record));
    this.#hands = createHands({
      engine: () => this.#engine,
      link,
      env: process.env,
      spawnContext: () => ({
        fleet: this.#launch.name,
        fleetId: this.#launch.id,
        folder,
        baseNice: welcome.nice,
        outerPath: process.env['PATH'],
        channels: this.#engine.heart.fleet().channels,
      }),
    });
    this.#engine = new Engine({
      heart,
      snapshot: this.#snapshot,
      journal: this.#journal,
      saved: () => ({
        boot,
        launch: this.#launch.launch,
        code: this.#code,
        keeper: welcome.keeper,
        controller: {pid: process.pid, startTime},
        ...this.#attachment.saved,
        upSince: this.#upSince,
      }),
      carryOut: decided => {
        this.#hands.carryOut(decided);
        this.#declareSockets();
        if (heart.isDown) this.#end();
      },
    });
    const desk: Desk = {engine: this.#engine, link, hands: this.#hands, readings: this.#readings, folder};
    this.#server = new ControlServer({
      socketPath: inFolder.socket(folder),
      allowedUids: new Set([0, process.getuid?.() ?? 0]),
      peerOf,
      // One whose keeper is gone must not take the socket from its successor.
      mayListen: () => process.ppid === welcome.keeper,
      onError: error => this.#complain('a command failed inside', error),
      handlers: {
        ...lookHandlers(desk, () => this.#report()),
        ...lifeHandlers(desk),
        ...memberHandlers(desk),
        ...touchHandlers(desk),
        ...applyHandlers(desk, this.#launch),
        ...upgradeHandlers(desk),
        watch: ({afterSeq}, context) => {
          if (afterSeq !== undefined) for (const record of recordsAfter(folder, afterSeq)) context.replay(record);
          return {seq: this.#journal.told};
        },
        unwatch: () => ({}),
        attach: (_params, context) => {
          this.#attachment.attach(context);
          this.#engine.feed({type: 'tick'}); // it is committed, so that a later controller waits for this client, too
          return {};
        },
      },
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#pulse = new Pulse(link, welcome.keeper, event => this.#engine.note(event));
    this.#begin(beginning);
  }

  /** Opens the control socket; then `up` may return. */
  async listen(): Promise<void> {
    if (await this.#server.listen()) this.#options.link.order({type: 'ready'});
  }

  /** What the keeper says. */
  take(fact: Fact): void {
    const input = inputOf(fact);
    if (fact.type === 'spawned') this.#hands.began(fact.token, fact.logStart);
    if (input) {
      this.#engine.feed(input);
      return;
    }
    switch (fact.type) {
      case 'run':
        this.#hands.began(fact.run.token, fact.run.logStart);
        this.#engine.feed(...inputsOf(fact.run, agesNow()));
        return;
      case 'orphan':
        this.#orphan(fact);
        return;
      case 'orphan-ended':
        this.#readings.orphanEnded(fact.pid);
        return;
      case 'wrote':
        this.#hands.wrote(fact.token);
        return;
      case 'rotated':
        this.#careForLogs(fact.folder);
        return;
      case 'output-held':
        if (fact.error === null) this.#held.delete(fact.id);
        else this.#held.set(fact.id, fact.error);
        this.#engine.note({
          type: fact.error === null ? 'repaired' : 'output-held',
          ...this.#names(fact.id),
          error: fact.error,
        });
        return;
      case 'upgrade-prepared':
        void this.#handOver();
        return;
      case 'upgrade-failed':
        this.#engine.note({type: 'upgrade-failed', to: fact.to, message: fact.message});
        return;
      case 'upgraded':
        this.#upgraded(fact.from, fact.to);
        return;
      case 'signalled':
        this.#signals.passedOn(fact.signal, fact.again);
        return;
      case 'spawned':
      case 'spawn-failed':
      case 'exited':
      case 'cleared':
      case 'paused':
      case 'continued': // were for the heart
      case 'welcome':
      case 'reply':
      case 'handshake':
        return;
      case 'beat':
        this.#pulse.heard();
        return;
    }
  }

  /** A signal that was sent to the controller itself. */
  handleOwn(signal: SupervisorSignal): void {
    this.#signals.own(signal);
  }

  #begin({effects, saved, unwritten, stopped, repaired}: Beginning): void {
    const {welcome, version, link} = this.#options;
    const {heart} = this.#engine;
    this.#journal.open(saved?.seq ?? 0, unwritten);
    if (saved?.controller) endPredecessor(saved.controller);
    for (const run of welcome.runs) this.#hands.began(run.token, run.logStart);
    for (const {id, pid, startTime} of welcome.orphans) if (id !== null) this.#readings.orphan(id, pid, startTime);
    for (const {id, error} of welcome.held) this.#held.set(id, error);
    const {inputs, replaced, strays} = reconcile(heart, welcome.runs, Date.now(), agesNow());
    const by = {keeper: welcome.keeper, controller: process.pid};
    if (saved?.launch === this.#launch.launch) {
      this.#noteLoss(saved.keeper, by);
      // Whoever was told of it was lost before it was committed.
      if (saved.code != null && welcome.code !== null && saved.code !== welcome.code) {
        this.#upgraded(saved.code, welcome.code);
      }
    } else if (!saved && welcome.lost > 0 && welcome.runs.length > 0) this.#noteLoss(by.keeper, by);
    else this.#engine.note({type: 'supervisor-started', ...by, anchor: welcome.anchor, version});
    if (repaired !== null) this.#repaired('snapshot', repaired);
    // First, so that nothing is started only to be ended.
    if (welcome.ending) this.#engine.feed({type: 'down', now: false});
    this.#engine.feed(...inputs);
    this.#engine.replay(effects.filter(effect => !('token' in effect && replaced.has(effect.token))));
    for (const {id, pid, exit} of strays) {
      if (pid === null || exit !== null) continue; // nothing of it lives, or only what it left behind
      this.#repaired('snapshot', `a run of ${id} was found, which is none of this fleet: it is ended`);
    }
    link.order(...strays.map(({token}) => ({type: 'end', token, signal: 'SIGKILL', timeoutMs: 0}) as const));
    if (!saved) this.#startOnly();
    else if (saved.launch !== this.#launch.launch) {
      // After a crash the next `up` goes on from the snapshot, and then makes the file true.
      this.#engine.feed({type: 'configure', fleet: this.#launch.spec});
      if (stopped) this.#startAll();
    }
    this.#engine.feed({type: 'tick'});
    for (const instance of heart.instances()) {
      this.#careForLogs(instanceLogFolder(this.#options.folder, instance.id));
    }
  }

  #repaired(what: string, message: string): void {
    this.#engine.note({type: 'repaired', what, message});
    process.stderr.write(`brood controller: repaired ${what}: ${message}\n`);
  }

  /** Why this controller is the one that works, where it is not the first; `keeper`: under which the one before was. */
  #noteLoss(keeper: number, by: {keeper: number; controller: number}): void {
    const {loss, failedUpgrade} = this.#options.welcome;
    if (failedUpgrade) this.#engine.note({type: 'upgrade-failed', ...failedUpgrade});
    if (keeper !== by.keeper) this.#engine.note({type: 'keeper-lost', ...by});
    else if (loss) this.#engine.note({type: 'controller-lost', ...by, reason: loss.how, report: loss.report});
  }

  #upgraded(from: string | null, to: string): void {
    this.#code = to;
    this.#engine.note({type: 'upgraded', from, to, version: this.#options.version});
  }

  /** Those that are not declared any more are closed; the others are opened with the first run that inherits them. */
  #declareSockets(): void {
    const {channels} = this.#engine.heart.fleet();
    if (channels === this.#channels) return;
    this.#channels = channels;
    const addresses = channels.flatMap(channel => (channel.kind === 'socket' ? [channel.address] : []));
    this.#options.link.order({type: 'sockets', addresses});
  }

  #startOnly(): void {
    const {only} = this.#launch;
    if (only === null) return;
    const ids = [...this.#engine.heart.instances()];
    this.#engine.feed({type: 'stop', ids: ids.map(({id}) => id)});
    this.#engine.feed({type: 'start', ids: ids.filter(({worker}) => only.includes(worker)).map(({id}) => id)});
  }

  /** What was wanted down only because all of it was. */
  #startAll(): void {
    const {only, spec} = this.#launch;
    const wanted = spec.workers.filter(({name}) => only === null || only.includes(name));
    const ids = wanted.flatMap(({name, instances}) => Array.from({length: instances}, (_, at) => `${name}/${at + 1}`));
    this.#engine.feed({type: 'start', ids});
  }

  #names(id: string): {worker: string; instance: number} | Record<string, never> {
    const instance = this.#engine.heart.get(id);
    return instance ? {worker: instance.worker, instance: instance.number} : {};
  }

  #orphan({pid, startTime, name, id}: Extract<Fact, {type: 'orphan'}>): void {
    if (id !== null) this.#readings.orphan(id, pid, startTime);
    const command = commandOf(pid).slice(0, MAX_COMMAND) || name;
    this.#engine.note({type: 'orphan-adopted', ...(id === null ? {} : this.#names(id)), pid, name, command});
  }

  #report(): SupervisorReport {
    const {welcome, version} = this.#options;
    const {commitError, heart} = this.#engine;
    // The log of one that has left the fleet is held for good, and holds nobody back.
    for (const id of this.#held.keys()) if (!heart.get(id)) this.#held.delete(id);
    return supervisorReport(welcome, {version, upSince: this.#upSince, commitError, held: this.#held});
  }

  #down(atOnce: boolean): void {
    if (atOnce || !this.#engine.heart.isStopping) this.#engine.feed({type: 'down', now: atOnce});
  }

  #careForLogs(folder: string): void {
    const [worker = ''] = basename(folder).split('.');
    const spec = this.#engine.heart.workers().find(({name}) => name === worker);
    if (spec) this.#logCare.look(folder, spec.logs);
  }

  #sweep(): void {
    const {heart} = this.#engine;
    if (heart.isStopping) return;
    this.#engine.feed({type: 'tick'});
    void this.#holdSocket();
    const owners = this.#readings.owners(heart.instances());
    for (const event of this.#zombies.look(heart, readProcessTable(), pid => owners.get(pid) ?? null)) {
      this.#engine.note(event);
    }
  }

  async #holdSocket(): Promise<void> {
    try {
      if (await this.#server.holdPlace()) this.#repaired('socket', 'the control socket was gone, or another one');
    } catch (error) {
      this.#complain('the control socket can not be put back', error);
    }
  }

  async #apply(): Promise<void> {
    if (this.#launch.file === null || this.#engine.heart.isStopping) return;
    const read = await rereadFleet(this.#launch);
    if ('fleet' in read) this.#engine.feed({type: 'configure', fleet: read.fleet});
    else this.#engine.note({type: 'plan-refused', message: `SIGHUP changed nothing: ${read.message}`});
  }

  /** SIGUSR2: what is known, for a person who looks for a fault. */
  #dump(): void {
    process.stderr.write(
      `${JSON.stringify({at: new Date(), supervisor: this.#report(), heart: JSON.parse(this.#engine.heart.snapshot()) as unknown}, null, 1)}\n`,
    );
  }

  #complain(what: string, error: unknown): void {
    process.stderr.write(
      `brood controller: ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  }

  /** The keeper is gone: from now on nothing is decided, committed or answered here. */
  abandon(): void {
    this.#ending = true;
    clearInterval(this.#sweeper);
    this.#pulse.end();
    this.#engine.abandon();
    void this.#server.close();
  }

  /** Another controller is prepared: all is committed, the socket is free, and the lease is given away. */
  async #handOver(): Promise<void> {
    if (this.#ending) return;
    const {link, leave} = this.#options;
    if (!this.#engine.canRecord(0)) {
      link.order({
        type: 'keep-lease',
        message: `the state can't be recorded (${this.#engine.commitError ?? 'disk full'})`,
      });
      return;
    }
    this.#ending = true;
    clearInterval(this.#sweeper);
    this.#pulse.end();
    this.#engine.close();
    await this.#server.close();
    link.order({type: 'hand-over'});
    leave();
  }

  /** Nothing lives any more: answers go out, the state is forgotten, the keeper may leave. */
  #end(): void {
    if (this.#ending) return;
    this.#ending = true;
    clearInterval(this.#sweeper);
    this.#pulse.end();
    // In the next turn of the event loop those who wait for the end have been answered.
    setImmediate(() => void this.#leave());
  }

  async #leave(): Promise<void> {
    this.#journal.add({type: 'supervisor-stopped'}, now().wall);
    this.#engine.close();
    await this.#server.close();
    try {
      // The snapshot stays, and says that all is stopped: one that is started before the keeper has left must know.
      if (this.#engine.commitError !== null) this.#snapshot.remove();
    } catch (error) {
      // Of a disk that has become read-only: down goes on.
      this.#complain('the snapshot can not be removed', error);
    }
    this.#options.link.order({type: 'leave'});
    this.#options.leave();
  }
}
