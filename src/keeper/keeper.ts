/**
 * The keeper: parent and subreaper of all workers. It does everything and decides nothing: orders come from the
 * controller, facts go to it.
 */
import {mkdirSync} from 'node:fs';
import {getPriority} from 'node:os';
import {basename, join} from 'node:path';
import {removeTraces} from './adopt.ts';
import {argumentsAfter, type Replaced} from './arguments.ts';
import {Cgroups} from './cgroup.ts';
import type {Code} from './code.ts';
import {ControllerProcess} from './controller-process.ts';
import {FleetEnd, isOver} from './fleet-end.ts';
import {Ladder} from './ladder.ts';
import {tellLauncher} from './launcher.ts';
import {Link} from './link.ts';
import type {Lock} from './lock.ts';
import {Look} from './members.ts';
import type {Fact, Loss, Order, Reply} from './messages.ts';
import {Reaper} from './reaper.ts';
import {RunLives} from './run-lives.ts';
import {RunOutput} from './run-output.ts';
import {factOf, Runs, type Run} from './run.ts';
import {freezeRun, setNice, signalProcess, signalRun} from './touch.ts';
import {cleanUpStopped, markStopped} from './stopped.ts';
import {Sockets} from './sockets.ts';
import {Strays} from './strays.ts';
import {Upgrade} from './upgrade.ts';
import type {SupervisorSignal} from '../posix/early-signals.ts';
import {Epoll} from '../posix/epoll.ts';
import {become, closeOnExecFrom, keepOnExec} from '../posix/process.ts';
import {signalNumber, type SignalName} from '../posix/signals.ts';
import type {Ended} from '../posix/wait.ts';
import {isShortage, startTimeOf} from '../process/stat.ts';

const SWEEP_MS = 5_000;
/** So many controllers that end before the first one has come up: it won't. */
const HOPELESS = 3;
const SIGKILL = 9;
const SIGTERM = 15;
const SIGCONT = 18;

export interface KeeperOptions {
  /** The fleet's folder. */
  readonly folder: string;
  readonly code: Code;
  readonly anchor: number | null;
  readonly ending: boolean;
  /** Descriptor 3 leads to a launcher that waits. */
  readonly launched: boolean;
  readonly replaced: Replaced | null;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #lock: Lock;
  readonly #leave: () => void;
  readonly #startedAt = Date.now();
  readonly #runsFolder: string;
  readonly #runs = new Runs();
  readonly #epoll = new Epoll();
  readonly #output: RunOutput;
  readonly #cgroups: Cgroups | null;
  readonly #sockets = new Sockets();
  readonly #weaker: string[] = [];
  readonly #lives: RunLives;
  readonly #reaper: Reaper;
  readonly #ladder: Ladder;
  readonly #strays: Strays;
  readonly #link: Link;
  readonly #fleetEnd: FleetEnd;
  readonly #upgrade: Upgrade;
  /** The controller that an earlier image of this process has started. */
  readonly #inherited: ControllerProcess | null;
  readonly #sweeper: NodeJS.Timeout;
  /** Controllers that were lost. */
  #lost = 0;
  /** A launcher waits to hear how it went. */
  #launched: boolean;
  #left = false;

  constructor(options: KeeperOptions, lock: Lock, leave: () => void) {
    this.#options = options;
    this.#launched = options.launched;
    this.#lock = lock;
    this.#leave = leave;
    this.#runsFolder = join(options.folder, 'runs');
    mkdirSync(this.#runsFolder, {recursive: true, mode: 0o700});
    const say = (fact: Fact): void => this.#link.send(fact);
    const cgroups = Cgroups.open(basename(options.folder));
    this.#cgroups = cgroups instanceof Cgroups ? cgroups : null;
    if (!(cgroups instanceof Cgroups)) {
      this.#weaker.push(
        `${cgroups.unavailable}: who belongs to a worker is told by parents, sessions and environment, which a process can leave`,
      );
    }
    if (options.code.own === null) {
      this.#weaker.push(
        'the programs run from where they are installed, since they could not be copied: an update may pull them from under the fleet',
      );
    }
    for (const [address, fd] of options.replaced?.sockets ?? []) this.#sockets.takeUp(address, fd);
    this.#output = new RunOutput(this.#runsFolder, this.#epoll, say);
    this.#lives = new RunLives({
      folder: this.#runsFolder,
      runs: this.#runs,
      cgroups: this.#cgroups,
      epoll: this.#epoll,
      output: this.#output,
      sockets: this.#sockets,
      say,
      exited: () => this.#ladder.look(0),
      abandon: run => this.#ladder.end(run, SIGKILL, 0),
      forgotten: run => this.#reaper.forget(run),
    });
    const under = options.replaced?.upgrade ?? null;
    const unheard = {order: () => {}, ended: () => {}};
    this.#inherited = under && ControllerProcess.takeUp(under.controller, under.link, unheard);
    const isSpawned = (pid: number): boolean =>
      this.#lives.isMain(pid) || this.#link.isSpawned(pid) || this.#upgrade.isSpawned(pid);
    const inherited = (pid: number): ((end: Ended) => void) | null => {
      const controller = this.#inherited;
      if (controller?.pid === pid) return end => controller.end(end.signal ?? `exit code ${end.code ?? '?'}`);
      return this.#lives.inherited(pid);
    };
    this.#reaper = new Reaper({runs: this.#runs, isSpawned, inherited, say});
    this.#ladder = new Ladder({
      isKnown: pid => isSpawned(pid) || inherited(pid) !== null || this.#reaper.isOrphan(pid),
      adoptOrphans: look => this.#reaper.adoptOrphans(look),
      cleared: (run, proof, survivors) => {
        if (this.#strays.cleared(run, survivors)) return;
        this.#lives.cleared(run, proof, survivors, () => this.#fleetEnd.look());
      },
    });
    this.#strays = new Strays(this.#ladder);
    this.#link = new Link({
      folder: options.folder,
      command: () => options.code.controller(options.folder),
      welcome: (lease, loss) => this.#welcome(lease, loss),
      order: order => this.#obey(order),
      lost: (pid, how, pause) => this.#controllerLost(pid, how, pause),
    });
    const {folder, code} = options;
    this.#upgrade = new Upgrade(
      {
        folder,
        code,
        link: this.#link,
        say,
        become: (program, upgrade, failed) =>
          this.#become(program, {lock: lock.fd, upgrade, failed, sockets: [...this.#sockets.all]}),
      },
      options.replaced,
    );
    this.#fleetEnd = new FleetEnd({
      runs: this.#runs,
      link: () => this.#link,
      say,
      endRun: (run, signal, timeoutMs) => this.#endRun(run, signal, timeoutMs),
      allEnded: stopped => (stopped ? this.#endStrays() : this.#goAway(false)),
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Takes up what an earlier keeper left, then starts the controller. */
  start(): void {
    this.#lives.adopt();
    this.#reaper.childrenChanged();
    if (this.#options.ending) this.#fleetEnd.ask('SIGTERM');
    const upgrade = this.#options.replaced?.upgrade;
    if (upgrade && this.#inherited) this.#upgrade.resume(upgrade, this.#inherited);
    else this.#link.start();
  }

  /** A signal that was sent to the keeper, or passed on by its anchor. */
  handle(signal: SupervisorSignal): void {
    switch (signal) {
      case 'SIGCHLD':
        if (this.#reaper.childrenChanged()) this.#ladder.look(0);
        return;
      case 'SIGALRM':
        this.#sweep();
        this.#link.send({type: 'signalled', signal, again: false});
        return;
      case 'SIGTERM':
      case 'SIGINT':
      case 'SIGQUIT':
        this.#fleetEnd.ask(signal);
        return;
      case 'SIGUSR1':
        this.#output.reopen();
        return;
      case 'SIGHUP':
      case 'SIGUSR2':
        this.#link.send({type: 'signalled', signal, again: false});
        return;
      case 'SIGTSTP':
        return; // there is no terminal; what a foreground `up` gets, it passes on as orders
    }
  }

  #welcome(lease: number, loss: Loss | null): Fact {
    this.#output.unwatchAll();
    return {
      type: 'welcome',
      lease,
      keeper: process.pid,
      keeperStartTime: startTimeOf(process.pid) ?? '',
      anchor: this.#options.anchor,
      startedAt: this.#startedAt,
      nice: getPriority(0),
      lineage: this.#cgroups ? 'cgroup' : 'lineage',
      weaker: this.#weaker,
      lost: this.#lost,
      code: this.#options.code.current,
      loss,
      failedUpgrade: this.#upgrade.takeFailed(),
      ending: this.#fleetEnd.asked,
      runs: [...this.#runs.all()].map(factOf),
      orphans: this.#reaper.living(),
      held: this.#output.held(),
    };
  }

  #obey(order: Order): void {
    switch (order.type) {
      case 'spawn':
        this.#lives.spawn(order);
        return;
      case 'end': {
        const run = this.#runs.get(order.token);
        if (run) this.#endRun(run, order.signal, order.timeoutMs);
        return;
      }
      case 'clear': {
        const run = this.#runs.get(order.token);
        if (!run || run.cleared !== null || (run.exit === null && run.failure === null)) return;
        // A clearing that is under way has its own deadline, and is hurried only by one that waits for nothing.
        if (order.graceMs === 0 || !this.#ladder.isEnding(run)) this.#ladder.end(run, SIGTERM, order.graceMs);
        return;
      }
      case 'forget':
        for (const token of order.tokens) this.#lives.forget(token);
        return;
      case 'signal':
        this.#reply(order.ask, signalProcess(order.pid, order.startTime, order.signal));
        return;
      case 'signal-run':
        this.#reply(order.ask, signalRun(this.#runs.get(order.token), order.signal, order.tree));
        return;
      case 'freeze':
        this.#reply(order.ask, freezeRun(this.#runs.get(order.token)));
        return;
      case 'thaw':
        this.#reply(order.ask, signalRun(this.#runs.get(order.token), SIGCONT, true));
        return;
      case 'nice':
        this.#reply(order.ask, setNice(order.pid, order.startTime, order.nice));
        return;
      case 'watch':
        this.#output.watch(order.token);
        return;
      case 'unwatch':
        this.#output.unwatch(order.token);
        return;
      case 'reopen-logs':
        this.#output.reopen();
        return;
      case 'sockets':
        this.#sockets.keepOnly(order.addresses);
        return;
      case 'ready':
        this.#tellLauncher('ready');
        this.#upgrade.ready();
        return;
      case 'beat':
        this.#link.send({type: 'beat'});
        return;
      case 'upgrade':
        this.#upgrade.begin(order.code);
        return;
      case 'hand-over':
        this.#upgrade.handOver();
        return;
      case 'keep-lease':
        this.#upgrade.cancel(order.message);
        return;
      case 'prepared': // of one that does not work yet
        return;
      case 'leave':
        this.#endStrays();
        return;
    }
  }

  #reply(ask: number, reply: Reply): void {
    this.#link.send({type: 'reply', ask, reply});
  }

  #endRun(run: Run, signal: SignalName, timeoutMs: number): void {
    if (!isOver(run)) this.#ladder.end(run, signalNumber(signal) ?? SIGTERM, timeoutMs);
  }

  /** What no signal may have told: missed SIGCHLDs, orphans that live, ends that are due. */
  #sweep(): void {
    this.#reaper.childrenChanged();
    const look = new Look();
    try {
      this.#reaper.adoptOrphans(look);
      this.#lives.sweep(look);
    } catch (error) {
      if (!isShortage(error)) throw error; // else the next one finds it
    }
    this.#ladder.look(0);
  }

  #controllerLost(pid: number | null, how: string, pauseMs: number): void {
    this.#lost++;
    const next = pauseMs > 0 ? `in ${pauseMs} ms` : 'now';
    process.stderr.write(`brood keeper: controller ${pid ?? ''} ended (${how}), the next one starts ${next}\n`);
    this.#upgrade.cancel(`the controller ended in the middle of it (${how})`);
    this.#fleetEnd.controllerLost();
    if (!this.#launched || this.#lost < HOPELESS) return;
    // Whoever asked for a fresh start is told, and all is left as it was found: adopted workers run on, unwatched.
    this.#tellLauncher(`failed the controller does not start (${how})`);
    this.#fleetEnd.withoutController();
  }

  #tellLauncher(text: string): void {
    if (!this.#launched) return;
    this.#launched = false;
    tellLauncher(text);
    // The anchor has the launcher's descriptor too, in case this keeper had not come so far.
    if (process.ppid === this.#options.anchor) process.kill(this.#options.anchor, 'SIGURG');
  }

  /** Another image of this program, in this process: the children stay, and it holds the lock all the time. */
  #become(program: string, replaced: Replaced): never {
    const {folder, anchor, code} = this.#options;
    const [node = process.execPath, ...rest] = code.command(
      program,
      argumentsAfter({folder, anchor, ending: this.#fleetEnd.asked, replaced}),
    );
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
    closeOnExecFrom(3);
    const kept = [0, 1, 2, replaced.lock, ...this.#sockets.all.values()];
    if (replaced.upgrade) kept.push(replaced.upgrade.link);
    for (const fd of kept) keepOnExec(fd);
    become(node, [node, ...rest], env);
  }

  #endStrays(): void {
    const controller = this.#link.pid;
    this.#link.close();
    this.#strays.end(controller, () => this.#goAway(true));
  }

  /** `stopped`: the fleet was stopped, so the next `up` begins anew; else it goes on from the snapshot. */
  #goAway(stopped: boolean): void {
    if (this.#left) return;
    this.#left = true;
    clearInterval(this.#sweeper);
    this.#link.close();
    if (stopped) {
      this.#sockets.keepOnly([]);
      markStopped(this.#options.folder);
      cleanUpStopped(this.#options.folder);
    } else {
      for (const run of this.#runs.all()) if (isOver(run)) removeTraces(this.#runsFolder, run.token);
      this.#cgroups?.close();
    }
    this.#epoll.close();
    this.#lock.release();
    this.#leave();
  }
}
