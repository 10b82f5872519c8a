/** The controller's beat, by which its keeper sees that it lives; and the keeper's answer, which is reported when it is late. */
import type {KeeperLink} from './link.ts';
import {monotonic} from '../turn/clock.ts';
import {BEAT_MS, Liveness} from '../../link/liveness.ts';
import type {JournalEvent} from '../../journal/events.ts';
import {readStat} from '../../process/stat.ts';

/** A keeper that has not answered for so long is reported. It is never killed: the workers are its children. */
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

  /** The keeper does not answer. */
  get isKeeperSlow(): boolean {
    return this.#slow;
  }

  /** For how long it has not answered, as of the last beat. */
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
