/** What nobody tells is looked for every 5 s: what is due, whether the control socket is still there, zombies, orphans. */
import {monotonic} from './clock.ts';
import {complain, noteRepaired} from './complaints.ts';
import type {Engine} from './engine.ts';
import type {KeeperLink} from './keeper-link.ts';
import type {OrphanCare} from './orphan-care.ts';
import type {Parents} from './parents.ts';
import type {Readings} from './readings.ts';
import {ZombieWatch} from './zombie-watch.ts';
import {whyRefused} from '../process/refusal.ts';
import {readStat} from '../process/stat.ts';
import {listPids} from '../process/table.ts';

const SWEEP_MS = 5_000;
const SIGCHLD = 17;

export interface SweepHost {
  readonly engine: Engine;
  readonly readings: Readings;
  readonly parents: Parents;
  readonly orphanCare: OrphanCare;
  readonly link: Pick<KeeperLink, 'ask'>;
  /** Puts the control socket back where it is gone; answers whether it was. */
  readonly holdSocket: () => Promise<boolean>;
}

export class Sweep {
  readonly zombies: ZombieWatch;
  readonly #host: SweepHost;
  readonly #timer: NodeJS.Timeout;

  constructor(host: SweepHost) {
    const {engine, link} = host;
    this.#host = host;
    this.zombies = new ZombieWatch({
      heart: engine.heart,
      note: event => engine.note(event),
      feed: input => engine.feed(input),
      nudge: (pid, startTime) =>
        void link.ask({type: 'signal', pid, startTime, signal: SIGCHLD}).then(({error}) => {
          if (error === null || error === 'ESRCH') return;
          engine.note({type: 'signal-failed', pid, signal: 'SIGCHLD', error, message: whyRefused(pid, error)});
        }),
      now: monotonic,
      later: (action, ms) => setTimeout(() => engine.heart.isStopping || action(), ms).unref(),
    });
    this.#timer = setInterval(() => this.now(), SWEEP_MS);
  }

  now(): void {
    const {engine} = this.#host;
    if (engine.heart.isStopping) return;
    engine.feed({type: 'tick'});
    void this.#holdSocket();
    this.lookAtProcesses();
  }

  /** Zombies and orphans. */
  lookAtProcesses(): void {
    const {engine, readings, parents, orphanCare} = this.#host;
    if (engine.heart.isStopping) return;
    const owners = readings.owners(engine.heart.instances());
    const ownerOf = (pid: number): string | null => owners.get(pid) ?? null;
    const others = listPids()
      .filter(pid => !owners.has(pid))
      .map(readStat)
      .filter(stat => stat !== null);
    this.zombies.look(others, ownerOf);
    parents.note(others, ownerOf);
    orphanCare.look();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #holdSocket(): Promise<void> {
    const {engine, holdSocket} = this.#host;
    try {
      if (await holdSocket()) noteRepaired(engine, 'socket', 'the control socket was gone, or another one');
    } catch (error) {
      complain('the control socket can not be put back', error);
    }
  }
}
