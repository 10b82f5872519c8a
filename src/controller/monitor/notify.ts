/**
 * What workers say of themselves (sd_notify(3)): the core is told what changes something there; the rest is kept to be
 * shown. A watchdog that is fed gets no further than to the count of its time.
 */
import type {Engine} from '../turn/engine.ts';
import type {KeeperLink} from '../keeper/link.ts';
import {namesOf} from '../turn/instance-names.ts';
import {Watchdogs} from './watchdogs.ts';
import type {Notice} from '../../link/runs.ts';

/** Of one run, so many errors that it tells are noted. */
const MOST_ERRORS = 10;

interface Said {
  readonly notice: Notice;
  /** How many errors were noted. */
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

  /** All that a run has said and that still holds. */
  of(token: string | null | undefined): Notice | null {
    return token == null ? null : (this.#said.get(token)?.notice ?? null);
  }

  /** What a run has said before this controller came; the core is told with the rest of what is known of it. */
  begin(token: string, notice: Notice | null): void {
    if (notice !== null) this.#said.set(token, {notice, errors: this.#said.get(token)?.errors ?? 0});
  }

  /** A run has said something just now. */
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

  /** The watchdog of a run counts from now on. */
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
