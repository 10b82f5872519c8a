/**
 * The working controller, and the link to it. A controller that ends is restarted: at once, or after a pause if it
 * ended soon after its start. Each gets a lease with a higher number. A stopped controller is continued, and one that
 * is silent for too long is killed.
 */
import {messageOf} from '../../base/errors.ts';
import {ControllerProcess, type ControllerEvents} from './process.ts';
import {writeFrozenReport} from './frozen-report.ts';
import type {Fact, Loss} from '../../link/facts.ts';
import type {Order} from '../../link/orders.ts';
import {BEAT_MS, Liveness} from '../../link/liveness.ts';
import {readStat} from '../../process/stat.ts';

/** A controller that lived shorter than this ended at once. */
const QUICK_MS = 2_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
const TICK_MS = BEAT_MS / 2;
/** A controller that was silent for so long is frozen... */
const FROZEN_MS = 10_000;
/** ...and this limit applies before its first order: a busy machine may be slow to start it. */
const UNBORN_MS = 30_000;
/** A controller that has nothing more to do exits within this time. */
const LEAVE_MS = 2_000;

export interface LinkOptions {
  /** The fleet's folder. */
  readonly folder: string;
  /** Starts a process that belongs to no run. */
  readonly outside: <T>(start: () => T) => T;
  /** Descriptor that a controller is to hold open beside the keeper; null: none. */
  readonly store: number | null;
  /** Returns program and arguments of the next controller. */
  readonly command: () => readonly string[];
  /** Returns all facts for a new controller. */
  readonly welcome: (lease: number, loss: Loss | null) => readonly Fact[];
  readonly order: (order: Order) => void;
  /** Handles the loss of a controller; `pauseMs` is the pause before the next. */
  readonly lost: (pid: number | null, how: string, pauseMs: number) => void;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #spawned = new Set<number>();
  readonly #ticker: NodeJS.Timeout;
  #liveness = new Liveness(TICK_MS, performance.now());
  #process: ControllerProcess | null = null;
  #lease = 0;
  #pause = 0;
  #timer: NodeJS.Timeout | null = null;
  #over = false;
  /** Called when the controller has exited. */
  #left: (() => void) | null = null;
  /** When the last order came (performance.now); null: none from this controller yet. */
  #heardAt: number | null = null;
  #loss: Loss | null = null;
  /** Set while a frozen controller is being killed. */
  #frozen: {readonly report: string | null} | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#ticker = setInterval(() => this.#watch(), TICK_MS);
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** The lease of the working controller, or null. */
  get lease(): number | null {
    return this.#over || this.#process === null ? null : this.#lease;
  }

  /** Returns whether libuv waits for this child: a controller, working or not. */
  isSpawned(pid: number): boolean {
    return this.#spawned.has(pid);
  }

  /** Returns whether the pid is that of a working controller that an earlier image of this process has started. */
  isTakenUp(pid: number): boolean {
    return this.#process?.pid === pid && !this.#process.isSpawned;
  }

  /** Handles the end of a controller that an earlier image has started: the reaper has reaped it. */
  takenUpEnded(how: string): void {
    if (this.#process?.isSpawned === false) this.#process.endProcess(how);
  }

  /** Returns whether the controller has sent an order since `time` (performance.now). */
  heardSince(time: number): boolean {
    return this.#heardAt !== null && this.#heardAt >= time;
  }

  /** Whether no further controller will be started. */
  get closed(): boolean {
    return this.#over;
  }

  /** Starts a controller, which gets all facts and works from then on. */
  start(): void {
    this.#timer = null;
    if (this.#over) return;
    try {
      this.useController(this.spawn(this.#options.command(), {order: () => {}, ended: () => {}}));
    } catch (error) {
      // No descriptor or no process is left: one may be free later.
      this.#lost(null, 0, messageOf(error));
    }
  }

  /** Starts a controller that does not work yet. Throws if there is no room for it. */
  spawn(command: readonly string[], events: ControllerEvents): ControllerProcess {
    let pid = 0;
    const ended = (how: string): void => {
      this.#spawned.delete(pid);
      events.ended(how);
    };
    const started = this.#options.outside(() =>
      ControllerProcess.start(command, this.#options.store, {...events, ended}),
    );
    pid = started.pid;
    this.#spawned.add(pid);
    return started;
  }

  /** Makes a controller the working one. */
  useController(controller: ControllerProcess): void {
    const lease = ++this.#lease;
    this.#process = controller;
    this.#heardAt = null;
    this.#liveness = new Liveness(TICK_MS, performance.now());
    controller.handTo({
      order: order => {
        if (this.#over || this.#process !== controller || order.lease !== lease) return;
        this.#heardAt = performance.now();
        this.#liveness.heard();
        this.#options.order(order);
      },
      ended: how => {
        this.#spawned.delete(controller.pid);
        if (this.#process === controller) this.#lost(controller.pid, performance.now() - controller.startedAt, how);
      },
    });
    for (const fact of this.#options.welcome(lease, this.#loss)) controller.send(fact);
    this.#loss = null;
  }

  /**
   * Releases a controller that has handed over its lease: it exits by itself, and none works until
   * {@link useController}.
   */
  release(): void {
    this.#process?.hangUp();
    this.#process = null;
  }

  send(fact: Fact): void {
    this.#process?.send(fact);
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
  }

  /** Starts no more controllers; the last one exits by itself. */
  close(): void {
    this.#over = true;
    clearInterval(this.#ticker);
    if (this.#timer) clearTimeout(this.#timer);
    this.#process?.hangUp();
  }

  /** After {@link Link.close}: calls back once the controller has exited. A controller that does not exit is killed. */
  whenLeft(done: () => void): void {
    const controller = this.#process;
    if (controller === null) {
      done();
      return;
    }
    const patience = setTimeout(() => controller.kill('SIGKILL'), LEAVE_MS);
    this.#left = () => {
      clearTimeout(patience);
      done();
    };
  }

  #lost(pid: number | null, livedMs: number, how: string): void {
    this.#process = null;
    if (this.#over) {
      this.#left?.();
      return;
    }
    this.#pause = livedMs < QUICK_MS ? Math.min(Math.max(this.#pause * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS) : 0;
    this.#loss = this.#frozen ? {how: 'frozen', report: this.#frozen.report} : {how, report: null};
    this.#frozen = null;
    this.#options.lost(pid, this.#loss.how, this.#pause);
    this.#timer = setTimeout(() => this.start(), this.#pause);
  }

  #watch(): void {
    const controller = this.#process;
    if (!controller) return;
    const state = readStat(controller.pid)?.state;
    if (state === 'T') controller.kill('SIGCONT');
    if (state === 't') this.#liveness.heard(); // stopped by a debugger
    const silentMs = this.#liveness.tick(performance.now());
    if (silentMs < (this.#heardAt === null ? UNBORN_MS : FROZEN_MS)) return;
    this.#frozen ??= {report: writeFrozenReport(this.#options.folder, controller.pid, Math.round(silentMs))};
    controller.kill('SIGKILL');
  }
}
