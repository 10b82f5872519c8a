/**
 * Messages from workers (sd_notify(3)): reports to the core what affects its state, and keeps the rest for clients.
 * Feeding a watchdog only resets its time.
 */
import type {Engine} from '../turn/engine.ts';
import type {KeeperLink} from '../keeper/link.ts';
import {namesOf} from '../turn/instance-names.ts';
import {Watchdogs} from './watchdogs.ts';
import type {Notice} from '../../link/runs.ts';

/** Most errors of one run that are journaled. */
const MOST_ERRORS = 10;

interface Said {
  readonly notice: Notice;
  /** Number of errors journaled so far. */
  readonly errors: number;
}

export class Notices {
  readonly #engine: Engine;
  readonly #said = new Map<string, Said>();
  readonly #watchdogs: Watchdogs;

  constructor(engine: Engine, link: KeeperLink) {
    this.#engine = engine;
    this.#watchdogs = new Watchdogs({
      link,
      specOf: id => {
        const instance = engine.core.get(id);
        return instance ? engine.core.specOf(instance.worker) : null;
      },
      noticeOf: token => this.of(token),
      missed: token => engine.feed({type: 'watchdog-missed', token, asked: false}),
    });
  }

  /** Returns everything that a run has reported and that still holds. */
  of(token: string | null | undefined): Notice | null {
    return token == null ? null : (this.#said.get(token)?.notice ?? null);
  }

  /** Records what a run reported before this controller came; the core gets it with the other facts about the run. */
  begin(token: string, notice: Notice | null): void {
    if (notice !== null) this.#said.set(token, {notice, errors: this.#said.get(token)?.errors ?? 0});
  }

  /** Handles a new message of a run. */
  handleNotice(token: string, notice: Notice): void {
    const engine = this.#engine;
    const {watchdog, watchdogMs, phase, ready, extendMs} = notice;
    if (watchdog === 'fed' && Object.keys(notice).length === 1) {
      this.#watchdogs.fed(token);
      return;
    }
    this.#keep(token, notice);
    if (watchdog === 'fed') this.#watchdogs.fed(token);
    if (watchdogMs !== undefined || phase === 'stopping') this.#watchdogs.changed(token);
    const instance = engine.core.byToken(token);
    if (ready && instance?.status === 'starting') engine.feed({type: 'said-ready', token});
    if (extendMs !== undefined && (instance?.status === 'starting' || instance?.run?.endAt != null)) {
      engine.feed({type: 'extend', token, ms: extendMs});
    }
    if (watchdog === 'trigger') engine.feed({type: 'watchdog-missed', token, asked: true});
  }

  /** Starts the watchdog of a run. */
  watch(token: string, id: string): void {
    this.#watchdogs.watch(token, id);
  }

  unwatch(token: string): void {
    this.#watchdogs.unwatch(token);
  }

  forget(token: string): void {
    this.#watchdogs.unwatch(token);
    this.#said.delete(token);
  }

  end(): void {
    this.#watchdogs.end();
  }

  #keep(token: string, notice: Notice): void {
    const {notice: before = {}, errors = 0} = this.#said.get(token) ?? {};
    const after: Notice = {...before, ...notice, ...(before.phase === 'stopping' ? {phase: before.phase} : {})};
    const isNew = after.errno !== before.errno || after.exitStatus !== before.exitStatus;
    const noted = isNew && errors < MOST_ERRORS;
    this.#said.set(token, {notice: after, errors: errors + (noted ? 1 : 0)});
    if (!noted) return;
    const {core} = this.#engine;
    const {errno = null, exitStatus = null, status = null} = after;
    const names = namesOf(core, core.byToken(token)?.id ?? null);
    this.#engine.note({type: 'notified', ...names, errno, exitStatus, status});
  }
}
