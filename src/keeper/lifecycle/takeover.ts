/** Runs that an earlier keeper left: adopted by their records or, if those were removed, by their processes. */
import type {RunEvents} from '../runs/events.ts';
import {dirname} from 'node:path';
import type {DescriptorQueue} from '../../posix/descriptor-queue.ts';
import {removeCgroup, type Cgroups} from '../cgroup/cgroup.ts';
import type {HiddenMembers} from '../handover.ts';
import type {Grants} from '../inherited/inherited.ts';
import {unrecordedMains} from '../lineage/fifo-holders.ts';
import {ProcessScan} from '../lineage/members.ts';
import type {Orphanages} from '../lineage/orphanage.ts';
import type {Notifications} from '../notify/notifications.ts';
import type {RunOutput} from '../output/outputs.ts';
import {EarlierPipes} from '../pipe-store/earlier.ts';
import {removeOtherNotify} from '../runs/notify-socket.ts';
import {findRuns, hasFifos, removeTraces, type Found} from '../runs/recovery.ts';
import type {Run} from '../runs/run.ts';
import type {Runs} from '../runs/runs.ts';
import type {Intent} from '../runs/shape.ts';
import type {Adopted} from './adopted.ts';
import {runsWithoutRecord} from './lost-records.ts';

export interface TakeoverHost extends Pick<RunEvents, 'emitFact'> {
  /** The folder of runs. */
  readonly folder: string;
  readonly runs: Runs;
  readonly cgroups: Cgroups | null;
  readonly output: RunOutput;
  readonly grants: Grants;
  readonly orphanages: Orphanages;
  /** The queue in which an earlier keeper has put its pipes, or null. */
  readonly queue: DescriptorQueue | null;
  /** By token: processes that only an earlier image of this process could attribute. */
  readonly hidden: ReadonlyMap<string, HiddenMembers[number][1]>;
}

export class Takeover {
  readonly #host: TakeoverHost;
  readonly #adopted: Adopted;
  readonly #notifications: Notifications;
  readonly #look = new ProcessScan();

  constructor(host: TakeoverHost, adopted: Adopted, notifications: Notifications) {
    this.#host = host;
    this.#adopted = adopted;
    this.#notifications = notifications;
  }

  /** @param boot ID of this boot: traces of other boots are removed */
  begin(boot: string): void {
    const {runs, output, folder, cgroups, grants, queue} = this.#host;
    const earlier = new EarlierPipes(queue);
    grants.takeUp(earlier);
    for (const found of findRuns(folder, boot, Date.now())) this.#takeUp(found, earlier);
    this.#takeUpUnrecorded();
    earlier.close();
    this.#notifications.takenUp();
    output.takeUpLate();
    removeOtherNotify(dirname(folder), new Set(Array.from(runs.all(), ({intent}) => intent?.notify ?? '')));
    cgroups?.removeAllBut(new Set(Array.from(runs.all(), ({cgroup}) => cgroup)));
  }

  #takeUp({run, record: {intent}, present}: Found, earlier: EarlierPipes): void {
    const {runs, output, grants, orphanages, hidden} = this.#host;
    if (run.pid === null && run.cleared === null && !this.#findUnrecorded(run, intent)) return;
    runs.add(run);
    for (const [pid, startTime] of hidden.get(run.token) ?? []) run.known.set(pid, startTime);
    if (run.cleared !== null && !present) return;
    if (intent) output.takeUp(run, intent.logFolder, intent.logMaxSize, earlier);
    if (!present) return;
    orphanages.takeUp(run);
    this.#adopted.takeUp(run, this.#look);
    if (run.pid !== null && run.exit === null && intent) grants.fetch({...run, pid: run.pid}, intent);
    if (intent) this.#notifications.takeUp(run, intent);
  }

  #takeUpUnrecorded(): void {
    const {runs, folder, cgroups} = this.#host;
    const found = runsWithoutRecord({folder: dirname(folder), runs, cgroups}, this.#look, Date.now());
    for (const run of found) runs.add(run);
    if (found.length === 0) return;
    const message = `those of ${found.length} runs were removed, and the keeper that knew them was lost: ending what is left of these runs`;
    this.#host.emitFact({type: 'repaired', what: 'records', message});
  }

  /**
   * Finds the processes of a run without a recorded main process: a process with its token was forked just before the
   * keeper died. Returns false if there was no fork: the traces are removed, and the run may be ordered again.
   */
  #findUnrecorded(run: Run, intent: Intent | null): boolean {
    const {folder} = this.#host;
    const look = this.#look;
    for (const {pid, startTime} of [...look.tagged(run.token), ...unrecordedMains(folder, run.token, look.table())])
      run.orphans.set(pid, startTime);
    if (run.orphans.size > 0 || hasFifos(folder, run.token)) return true;
    if (run.cgroup !== null && !removeCgroup(run.cgroup)) return true;
    removeTraces(folder, run.token, intent);
    return false;
  }
}
