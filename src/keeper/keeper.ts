/**
 * The keeper: parent and subreaper of all workers. It decides nothing: it executes the controller's orders and sends
 * facts to the controller.
 */
import {formatDuration} from '../base/format.ts';
import {getPriority} from 'node:os';
import type {Fact, Loss} from '../link/facts.ts';
import type {SupervisorSignal} from '../posix/early-signals.ts';
import {writeError} from '../posix/standard-error.ts';
import {startTimeOf} from '../process/stat.ts';
import {restoreCode} from './code/restore.ts';
import type {Lock} from './folder/lock.ts';
import type {KeeperOptions} from './options.ts';
import {logError, KeeperRooms} from './rooms.ts';
import {factOf, isAlive} from './runs/run.ts';

const SWEEP_MS = 5_000;
/** A launch has failed after this many lost controllers. */
const HOPELESS = 3;

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #rooms: KeeperRooms;
  readonly #startedAt = Date.now();
  readonly #sweeper: NodeJS.Timeout;
  /** Number of lost controllers. */
  #lost = 0;

  constructor(options: KeeperOptions, lock: Lock, leave: () => void) {
    this.#options = options;
    this.#rooms = new KeeperRooms(options, lock, {
      welcome: (lease, loss) => this.#welcome(lease, loss),
      controllerLost: (pid, how, pauseMs) => this.#controllerLost(pid, how, pauseMs),
      giveWay: by => this.#giveWay(by),
      stopTimers: () => clearInterval(this.#sweeper),
      leave,
    });
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  /** Takes over the state of an earlier keeper, then starts the controller. */
  start(): void {
    this.#rooms.processes.takeUp();
    if (this.#options.remains) {
      this.#rooms.care.close();
      this.#rooms.fleetEnd.endRemains();
      return;
    }
    this.#rooms.care.begin(this.#options.launched);
    if (!this.#options.launched) {
      restoreCode({
        folder: this.#options.folder,
        code: this.#options.code,
        trial: this.#rooms.trial,
        repaired: message => this.#rooms.reporting.repaired('code', message),
        logError,
      });
    }
    if (this.#options.ending) this.#rooms.fleetEnd.ask('SIGTERM');
    const upgrade = this.#options.replaced?.upgrade;
    if (upgrade && this.#rooms.inherited) this.#rooms.upgrade.resume(upgrade, this.#rooms.inherited);
    else this.#rooms.link.start();
  }

  /** Handles a signal sent to the keeper or forwarded by its anchor. */
  handle(signal: SupervisorSignal): void {
    switch (signal) {
      case 'SIGCHLD':
        this.#rooms.processes.childrenChanged();
        return;
      case 'SIGALRM':
        this.#sweep();
        this.#rooms.link.send({type: 'signalled', signal, again: false});
        return;
      case 'SIGTERM':
      case 'SIGINT':
      case 'SIGQUIT':
        this.#rooms.fleetEnd.ask(signal);
        return;
      case 'SIGUSR1':
        this.#rooms.output.reopen();
        return;
      case 'SIGHUP':
      case 'SIGUSR2':
        this.#rooms.link.send({type: 'signalled', signal, again: false});
        return;
      case 'SIGTSTP':
        return; // the keeper has no terminal; a foreground `up` forwards its signals as orders
    }
  }

  #welcome(lease: number, loss: Loss | null): Fact[] {
    this.#rooms.output.unwatchAll();
    const welcome: Fact = {
      type: 'welcome',
      lease,
      keeper: process.pid,
      keeperStartTime: startTimeOf(process.pid) ?? '',
      anchor: this.#options.anchor,
      startedAt: this.#startedAt,
      nice: getPriority(0),
      ...this.#rooms.guarantees.current(),
      lost: this.#lost,
      code: this.#options.code.current,
      loss,
      failedUpgrade: this.#rooms.upgrade.takeFailed(),
      ending: this.#rooms.fleetEnd.asked,
      runs: [...this.#rooms.processes.runs.all()].map(factOf),
      orphans: this.#rooms.processes.orphans(),
      held: this.#rooms.output.held(),
    };
    return [welcome, ...this.#rooms.reporting.takeKept(), ...this.#outdated()];
  }

  /** Lists runs on outdated sockets. Each new controller receives the fact until the runs are replaced. */
  #outdated(): Fact[] {
    const tokens = this.#rooms.grants.outdated(token => isAlive(this.#rooms.processes.runs.get(token)));
    return tokens.length === 0 ? [] : [{type: 'outdated', tokens}];
  }

  #controllerLost(pid: number | null, how: string, pauseMs: number): void {
    this.#lost++;
    const next = pauseMs > 0 ? `in ${formatDuration(pauseMs)}` : 'now';
    writeError(`brood keeper: controller ${pid ?? ''} ended (${how}), restarting ${next}\n`);
    this.#rooms.upgrade.cancel(`the controller ended during the upgrade (${how})`);
    this.#rooms.fleetEnd.controllerLost();
    if (!this.#rooms.launcher.waits || this.#lost < HOPELESS) return;
    // The launcher receives the failure. The state is left as found: adopted workers run on, unsupervised.
    this.#rooms.launcher.reportToLauncher(`failed the controller does not start (${how})`);
    this.#rooms.fleetEnd.withoutController();
  }

  /** The folder and its lock come first: the lock makes this keeper the only one. */
  #sweep(): void {
    this.#rooms.care.repairFolder();
    this.#rooms.grants.lookAtSockets();
    this.#rooms.processes.sweep();
    this.#rooms.guarantees.tellChanges();
  }

  /** Handles another keeper that holds this fleet: it is older, or no run lives here. */
  #giveWay(by: number): void {
    writeError(`brood keeper: keeper ${by} holds this fleet; this one ends the processes that it started, and exits\n`);
    this.#rooms.launcher.reportToLauncher(`refused ${by}`);
    this.#rooms.fleetEnd.withoutController();
  }
}
