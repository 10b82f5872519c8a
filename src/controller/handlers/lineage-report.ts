/** Reports which of the machine's processes belong to the fleet, for clients that read them themselves. */
import type {HandlerContext} from './context.ts';
import type {LineageEntry, LineageReport, SupervisorReport} from '../../control/reports.ts';

export function lineageReport(
  {engine, readings, orphans}: HandlerContext,
  supervisor: SupervisorReport,
): LineageReport {
  const table = readings.readTable();
  const processes = new Map<number, LineageEntry>();
  const orphaned = new Set([...orphans.all()].map(({pid, startTime}) => `${pid} ${startTime}`));
  for (const instance of engine.core.instances()) {
    const {main, tree} = readings.of(instance, table);
    for (const stat of tree) {
      const {pid, startTime} = stat;
      const orphan = orphaned.has(`${pid} ${startTime}`);
      processes.set(pid, {
        pid,
        startTime,
        worker: instance.worker,
        instance: instance.number,
        main: stat === main,
        orphan,
      });
    }
  }
  // Orphans whose worker is unknown or was removed meanwhile.
  for (const {pid, startTime} of orphans.all()) {
    if (table.get(pid)?.startTime !== startTime) continue;
    for (const stat of table.treeOf(pid)) {
      if (processes.has(stat.pid)) continue;
      const orphan = stat.pid === pid;
      processes.set(stat.pid, {
        pid: stat.pid,
        startTime: stat.startTime,
        worker: null,
        instance: null,
        main: false,
        orphan,
      });
    }
  }
  return {
    fleet: engine.core.fleet().name,
    source: supervisor.guarantees.lineage,
    anchor: supervisor.anchor,
    keeper: supervisor.pid,
    controller: supervisor.controller,
    instances: Array.from(engine.core.instances(), ({worker, number}) => ({worker, instance: number})),
    processes: [...processes.values()],
  };
}
