/** The heartbeat by which the keeper detects a dead controller, and reports of a keeper that answers late. */
import type {KeeperLink} from './link.ts';
import {monotonic} from '../turn/clock.ts';
import {BEAT_MS, Liveness} from '../../link/liveness.ts';
import type {JournalEvent} from '../../journal/events.ts';
import {readStat} from '../../process/stat.ts';

/** A keeper silent for this long is reported. It is never killed: the workers are its children. */
const SLOW_MS = 10_000;

export class Heartbeat {
  readonly #liveness = new Liveness(BEAT_MS, monotonic());
  readonly #timer: NodeJS.Timeout;
  #slow = false;
  #silentMs = 0;

  constructor(link: KeeperLink, keeper: number, note: (event: JournalEvent) => void) {
    this.#timer = setInterval(() => {
      link.order({type: 'beat'});
      const silentMs = this.#liveness.tick(monotonic());
      this.#silentMs = silentMs;
      const slow = silentMs >= SLOW_MS;
      if (slow === this.#slow) return;
      this.#slow = slow;
      const state = readStat(keeper)?.state ?? null;
      note(
        slow ? {type: 'keeper-slow', pid: keeper, state, silentMs: Math.round(silentMs)} : {type: 'repaired', keeper},
      );
    }, BEAT_MS);
    link.order({type: 'beat'});
  }

  /** Whether the keeper has stopped answering. */
  get isKeeperSlow(): boolean {
    return this.#slow;
  }

  /** How long the keeper has been silent, as of the last beat (ms). */
  get keeperSilentMs(): number {
    return this.#silentMs;
  }

  heard(): void {
    this.#silentMs = 0;
    this.#liveness.heard();
  }

  end(): void {
    clearInterval(this.#timer);
  }
}
