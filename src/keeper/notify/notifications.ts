/** How runs say how they are: by a socket (sd_notify(3)), by a FIFO, or not at all; opened, taken up and closed together. */
import {closeSync} from 'node:fs';
import type {SpawnOrder} from '../../link/spawn.ts';
import {Notify, type NotifyHost} from './notify.ts';
import {ReadyFifos} from './ready-fifo.ts';
import type {Intent} from '../runs/shape.ts';
import type {Run} from '../runs/run.ts';
import type {KeptNotifications} from '../handover.ts';
import {letGo} from '../../posix/let-go.ts';

/** They go through one argument of execve(2), which has room for 128 KiB; others are made anew. */
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

  /** What must be kept for an image of this program that takes over: what waits in them would be lost. */
  get kept(): KeptNotifications {
    return {notify: this.#notify.kept.slice(0, MOST_KEPT), ready: this.#ready.kept.slice(0, MOST_KEPT)};
  }

  /**
   * Opens what a new run is to have. The descriptor by which the worker says that it is ready is answered by its number
   * there, and added to `passing`: it is to be closed after the spawn, however that went. Throws what the kernel refuses.
   */
  open(run: Run, {notify, readyFd, owner}: SpawnOrder, passing: number[]): ReadonlyMap<number, number> {
    if (notify !== null) this.#notify.open(run, {address: notify, owner});
    if (readyFd === null) return new Map();
    const fd = this.#ready.open(run, owner);
    passing.push(fd);
    return new Map([[readyFd, fd]]);
  }

  /** Takes up what another keeper, or another image of this one, has opened for a run that lives. */
  takeUp(run: Run, {notify = null, readyFd = null, owner = null}: Intent): void {
    const {token} = run;
    if (notify !== null) this.#notify.takeUp(run, {address: notify, owner}, this.#keptNotify.get(token));
    if (readyFd !== null) this.#ready.takeUp(run, this.#keptReady.get(token));
    this.#keptNotify.delete(token);
    this.#keptReady.delete(token);
  }

  /** All that live are taken up: what is left was kept for nothing. */
  takenUp(): void {
    for (const fd of this.#keptNotify.values()) closeSync(fd);
    letGo([...this.#keptReady.values()]);
    for (const kept of [this.#keptNotify, this.#keptReady]) kept.clear();
  }

  /** Takes up what could not be taken up before. */
  takeUpLate(): void {
    this.#notify.takeUpLate();
    this.#ready.takeUpLate();
  }

  /** Takes in now what was sent before now. */
  drain(run: Run): void {
    this.#notify.drain(run);
  }

  /** Nothing is left of the run. */
  close(run: Run): void {
    this.#notify.close(run);
    this.#ready.close(run);
  }
}
