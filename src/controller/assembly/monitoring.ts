/** Periodic checks of processes, limits, logs and the controller's own files. */
import {FolderCare} from '../monitor/folder.ts';
import {LimitWatch} from '../monitor/limits.ts';
import {LogCare} from '../monitor/log-retention.ts';
import {memoryOf} from '../monitor/memory.ts';
import {OrphanCare} from '../monitor/orphan-policy.ts';
import {Orphans} from '../monitor/orphans.ts';
import {Parents} from '../monitor/parents.ts';
import {Readings} from '../monitor/readings.ts';
import {Sweep} from '../monitor/sweep.ts';
import type {Decisions} from './decisions.ts';

export interface Monitoring {
  readonly orphans: Orphans;
  readonly readings: Readings;
  readonly limits: LimitWatch;
  readonly orphanCare: OrphanCare;
  readonly logCare: LogCare;
  readonly sweep: Sweep;
  readonly end: () => void;
}

/** @param holdSocket restores a control socket that was removed or replaced; resolves to whether it was */
export function createMonitoring(decisions: Decisions, holdSocket: () => Promise<boolean>): Monitoring {
  const {engine, core, link, welcome} = decisions;
  const orphans = new Orphans();
  const readings = new Readings(orphans);
  const limits = new LimitWatch({
    core,
    memoryOf: ids => memoryOf(readings, core, ids),
    feed: input => engine.feed(input),
  });
  const parents = new Parents();
  const orphanCare = new OrphanCare({core, orphans, parents, link, note: event => engine.note(event)});
  const folderCare = new FolderCare({...decisions, isLogged: welcome.anchor !== 1});
  const lookAtFolder = (): void => folderCare.repairFiles();
  const sweep = new Sweep({engine, readings, parents, orphanCare, link, holdSocket, lookAtFolder});
  const logCare = new LogCare(() => core.workers());
  return {
    orphans,
    readings,
    limits,
    orphanCare,
    logCare,
    sweep,
    end() {
      sweep.end();
      limits.end();
    },
  };
}
