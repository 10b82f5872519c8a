/** Treats orphans as their workers' policies require, and reports them to clients. */
import {SIGKILL} from '../../posix/signal-numbers.ts';
import type {JournalEvent} from '../../journal/events.ts';
import {setTimeout as delay} from 'node:timers/promises';
import type {KeeperLink} from '../keeper/link.ts';
import {namesOf} from '../turn/instance-names.ts';
import type {Orphan, Orphans} from './orphans.ts';
import type {Parents} from './parents.ts';
import type {OrphanReport} from '../../control/reports.ts';
import type {OrphanFact} from '../../link/facts.ts';
import {commandOf} from '../../process/proc-files.ts';
import {whyRefused} from '../../process/refusal.ts';
import {startTimeOf} from '../../process/stat.ts';
import type {Core} from '../../supervisor/index.ts';

/** Most characters of a command line that are journaled: it may be megabytes long. */
const MAX_COMMAND = 500;
const PATIENCE_MS = 500;

export interface OrphanHost {
  readonly core: Core;
  readonly orphans: Orphans;
  readonly parents: Parents;
  readonly link: Pick<KeeperLink, 'ask'>;
  readonly note: (event: JournalEvent) => void;
}

const commandLine = ({pid, name}: Orphan): string => commandOf(pid).slice(0, MAX_COMMAND) || name;

export class OrphanCare {
  readonly #host: OrphanHost;
  /** Orphans that were sent SIGKILL. */
  readonly #killed = new WeakSet<Orphan>();

  constructor(host: OrphanHost) {
    this.#host = host;
  }

  /** Handles an orphan that the keeper reports. */
  addOrphan(fact: OrphanFact): void {
    const {core, orphans, parents, note} = this.#host;
    const formerParent = fact.formerParent ?? parents.of(fact.pid, fact.startTime);
    const orphan = orphans.addOrphan({...fact, formerParent}, Date.now());
    const {pid, name, id} = orphan;
    note({
      type: 'orphan-adopted',
      ...namesOf(core, id),
      pid,
      name,
      command: commandLine(orphan),
      formerParent: formerParent?.pid ?? null,
      formerParentName: formerParent?.name ?? null,
    });
    this.#treat(orphan);
  }

  /**
   * Resolves once the keeper has reported all orphans; does not wait for a keeper that is slow or of another version.
   */
  async fresh(): Promise<void> {
    const asked = this.#host.link.ask({type: 'look-for-orphans'});
    const timer = new AbortController();
    await Promise.race([
      asked,
      delay(PATIENCE_MS, undefined, {signal: timer.signal, ref: false}).catch(() => undefined),
    ]);
    timer.abort();
  }

  /** Treats all orphans, also those from before the policy became `kill`. */
  treatAll(): void {
    for (const orphan of [...this.#host.orphans.all()]) this.#treat(orphan);
  }

  reports(): OrphanReport[] {
    const {core, orphans} = this.#host;
    return [...orphans.all()]
      .filter(({pid, startTime}) => startTimeOf(pid) === startTime)
      .map(orphan => {
        const owner = orphan.id === null ? undefined : core.get(orphan.id);
        return {
          pid: orphan.pid,
          name: orphan.name,
          command: commandLine(orphan),
          worker: owner?.worker ?? null,
          instance: owner?.number ?? null,
          formerParent: orphan.formerParent?.pid ?? null,
          formerParentName: orphan.formerParent?.name ?? null,
          adoptedAt: new Date(orphan.at).toISOString(),
        };
      });
  }

  #treat(orphan: Orphan): void {
    const {core, link, note} = this.#host;
    const instance = orphan.id === null ? undefined : core.get(orphan.id);
    if (!instance || this.#killed.has(orphan) || core.specOf(instance.worker).orphans !== 'kill') return;
    const {pid, startTime} = orphan;
    // A daemon that declares itself the main process of its run was an orphan for a moment.
    if (instance.run?.pid === pid) return;
    this.#killed.add(orphan);
    const command = commandLine(orphan);
    void link.ask({type: 'signal', pid, startTime, signal: SIGKILL}).then(({ok, error}) => {
      const names = {worker: instance.worker, instance: instance.number};
      if (ok) note({type: 'orphan-killed', ...names, pid, command});
      else if (error !== null && error !== 'ESRCH')
        note({type: 'signal-failed', ...names, pid, signal: 'SIGKILL', error, message: whyRefused(pid, error)});
    });
  }
}
