/**
 * The notification channels of runs: a socket (sd_notify(3)), a FIFO, or none; opened, taken over and closed together.
 */
import {closeSync} from 'node:fs';
import type {SpawnOrder} from '../../link/spawn.ts';
import {Notify, type NotifyHost} from './notify.ts';
import {ReadyFifos} from './ready-fifo.ts';
import type {Intent} from '../runs/shape.ts';
import type {Run} from '../runs/run.ts';
import type {KeptNotifications} from '../handover.ts';
import {letGo} from '../../posix/let-go.ts';

/** Limit that keeps the list within one argument of execve(2) (128 KiB); other channels are made anew. */
const MOST_KEPT = 1000;

export class Notifications {
  readonly #notify: Notify;
  readonly #ready: ReadyFifos;
  readonly #keptNotify: Map<string, number>;
  readonly #keptReady: Map<string, number>;

  constructor(host: NotifyHost, kept: KeptNotifications | null) {
    this.#notify = new Notify(host);
    this.#ready = new ReadyFifos({...host, ready: run => this.#notify.heard(run, {ready: true})});
    this.#keptNotify = new Map(kept?.notify);
    this.#keptReady = new Map(kept?.ready);
  }

  /** Descriptors for the next image of this program: their unread content would otherwise be lost. */
  get kept(): KeptNotifications {
    return {notify: this.#notify.kept.slice(0, MOST_KEPT), ready: this.#ready.kept.slice(0, MOST_KEPT)};
  }

  /**
   * Opens the channels of a new run. Returns the readiness descriptor by its number in the worker and adds it to
   * `passing`, to be closed after the spawn, even a failed one. Throws if the kernel refuses.
   */
  open(run: Run, {notify, readyFd, owner}: SpawnOrder, passing: number[]): ReadonlyMap<number, number> {
    if (notify !== null) this.#notify.open(run, {address: notify, owner});
    if (readyFd === null) return new Map();
    const fd = this.#ready.open(run, owner);
    passing.push(fd);
    return new Map([[readyFd, fd]]);
  }

  /** Takes over the channels that another keeper, or another image of this one, has opened for a living run. */
  takeUp(run: Run, {notify = null, readyFd = null, owner = null}: Intent): void {
    const {token} = run;
    if (notify !== null) this.#notify.takeUp(run, {address: notify, owner}, this.#keptNotify.get(token));
    if (readyFd !== null) this.#ready.takeUp(run, this.#keptReady.get(token));
    this.#keptNotify.delete(token);
    this.#keptReady.delete(token);
  }

  /** Closes the kept descriptors that no run uses, once all living runs are taken over. */
  takenUp(): void {
    for (const fd of this.#keptNotify.values()) closeSync(fd);
    letGo([...this.#keptReady.values()]);
    for (const kept of [this.#keptNotify, this.#keptReady]) kept.clear();
  }

  /** Retries channels that could not be taken over before. */
  takeUpLate(): void {
    this.#notify.takeUpLate();
    this.#ready.takeUpLate();
  }

  /** Reads all messages sent before this call. */
  drain(run: Run): void {
    this.#notify.drain(run);
  }

  /** Closes the channels of a run of which nothing is left. */
  close(run: Run): void {
    this.#notify.close(run);
    this.#ready.close(run);
  }
}
