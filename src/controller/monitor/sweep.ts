/** Checks every 5 s what no event reports: due deadlines, missing files and control socket, zombies, orphans. */
import {SIGCHLD} from '../../posix/signal-numbers.ts';
import {messageOf} from '../../base/errors.ts';
import {monotonic} from '../turn/clock.ts';
import {logError, noteRepaired} from '../turn/stderr.ts';
import type {Engine} from '../turn/engine.ts';
import type {KeeperLink} from '../keeper/link.ts';
import type {OrphanCare} from './orphan-policy.ts';
import type {Parents} from './parents.ts';
import type {Readings} from './readings.ts';
import {ZombieWatch} from './zombies.ts';
import {readFleetTable} from '../../process/fleet-table.ts';
import {whyRefused} from '../../process/refusal.ts';

const SWEEP_MS = 5_000;

export interface SweepHost {
  readonly engine: Engine;
  readonly readings: Readings;
  readonly parents: Parents;
  readonly orphanCare: OrphanCare;
  readonly link: Pick<KeeperLink, 'ask'>;
  /** Restores a control socket that was removed or replaced; resolves to whether it was. */
  readonly holdSocket: () => Promise<boolean>;
  /** Restores the controller's other files in the fleet's folder. */
  readonly lookAtFolder: () => void;
}

export class Sweep {
  readonly zombies: ZombieWatch;
  readonly #host: SweepHost;
  readonly #timer: NodeJS.Timeout;
  /** The error that was logged last: logged again only when it changes. */
  #said = '';

  constructor(host: SweepHost) {
    const {engine, link} = host;
    this.#host = host;
    this.zombies = new ZombieWatch({
      core: engine.core,
      note: event => engine.note(event),
      feed: input => engine.feed(input),
      nudge: (pid, startTime) =>
        void link.ask({type: 'signal', pid, startTime, signal: SIGCHLD}).then(({error}) => {
          if (error === null || error === 'ESRCH') return;
          engine.note({type: 'signal-failed', pid, signal: 'SIGCHLD', error, message: whyRefused(pid, error)});
        }),
      now: monotonic,
      later: (action, ms) => setTimeout(() => engine.core.isStopping || action(), ms).unref(),
    });
    this.#timer = setInterval(() => this.now(), SWEEP_MS);
  }

  now(): void {
    const {engine} = this.#host;
    if (engine.core.isStopping) return;
    engine.feed({type: 'tick'});
    this.lookAtFolder();
    this.lookAtProcesses();
  }

  /** Restores what was removed from the fleet's folder. */
  lookAtFolder(): void {
    if (this.#host.engine.core.isStopping) return;
    this.#host.lookAtFolder();
    void this.#holdSocket();
  }

  /** Checks for zombies and orphans. */
  lookAtProcesses(): void {
    const {engine, readings, parents, orphanCare} = this.#host;
    if (engine.core.isStopping) return;
    const owners = readings.owners(engine.core.instances());
    const ownerOf = (pid: number): string | null => owners.get(pid) ?? null;
    const others = [...readFleetTable(new Set(owners.keys())).all()];
    this.zombies.updateZombies(others, ownerOf);
    parents.note(others, ownerOf);
    orphanCare.treatAll();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #holdSocket(): Promise<void> {
    const {engine, holdSocket} = this.#host;
    try {
      if (await holdSocket()) noteRepaired(engine, 'socket', 'the control socket was missing or replaced');
      this.#said = '';
    } catch (error) {
      const message = messageOf(error);
      if (message !== this.#said) logError("the control socket can't be restored", message);
      this.#said = message;
    }
  }
}
