/** The end of a keeper: it ends processes that no successor would find, then releases its resources, the lock last. */
import type {Epoll} from '../posix/epoll.ts';
import type {Cgroups} from './cgroup/cgroup.ts';
import type {Link} from './controller/link.ts';
import type {FolderCare} from './folder/folder.ts';
import type {LastWord} from './folder/last-word.ts';
import type {Lock} from './folder/lock.ts';
import type {Grants} from './inherited/inherited.ts';
import type {Orphanages} from './lineage/orphanage.ts';
import type {Processes} from './processes.ts';
import {removeTraces} from './runs/recovery.ts';
import {isOver} from './runs/run.ts';
import {cleanUpStopped, markStopped} from './stopped-marker.ts';

export interface DepartureHost {
  readonly folder: string;
  readonly runsFolder: string;
  readonly lock: Lock;
  readonly link: Link;
  readonly care: FolderCare;
  readonly processes: Processes;
  readonly grants: Grants;
  readonly cgroups: Cgroups | null;
  readonly epoll: Epoll;
  readonly lastWord: LastWord;
  readonly orphanages: Orphanages;
}

export interface DepartureEvents {
  stopTimers(): void;
  /** The process may exit. */
  leave(): void;
}

export class Departure {
  readonly #host: DepartureHost;
  readonly #events: DepartureEvents;
  #begun = false;

  constructor(host: DepartureHost, events: DepartureEvents) {
    this.#host = host;
    this.#events = events;
  }

  /** Ends what is left of a stopped fleet. The next `up` starts from scratch. */
  afterStop(): void {
    const {link, processes, lastWord, orphanages} = this.#host;
    const controller = link.pid;
    link.close();
    // A command that waits for the end of the fleet watches anchor and keeper: no process may outlive them.
    processes.endStrays(controller, survivors => {
      lastWord.note(null, orphanages.whyHelpersAstray());
      lastWord.writeEnd(survivors, processes.unattributed.left());
      link.whenLeft(() => this.#stopped());
    });
  }

  /** Exits without stopping the fleet: the next keeper continues from the snapshot. */
  goingOn(): void {
    if (!this.#begin()) return;
    const {processes, runsFolder, cgroups} = this.#host;
    for (const run of processes.runs.all()) if (isOver(run)) removeTraces(runsFolder, run.token, run.intent);
    cgroups?.close();
    this.#last();
  }

  #stopped(): void {
    if (!this.#begin()) return;
    const {folder, grants} = this.#host;
    void grants.close().then(() => {
      markStopped(folder);
      cleanUpStopped(folder);
      this.#last();
    });
  }

  /** Returns false if the departure has already begun. */
  #begin(): boolean {
    if (this.#begun) return false;
    this.#begun = true;
    const {care, link} = this.#host;
    this.#events.stopTimers();
    care.close();
    link.close();
    return true;
  }

  #last(): void {
    const {processes, epoll, lock} = this.#host;
    processes.connector.now?.close();
    epoll.close();
    try {
      lock.release();
    } finally {
      this.#events.leave();
    }
  }
}
