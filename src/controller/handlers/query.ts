/** ping, ps, status, lineage, findings: read-only commands. */
import type {HandlerContext} from './context.ts';
import type {Handlers} from '../../control/handlers.ts';
import type {SupervisorReport} from '../../control/reports.ts';
import {lineageReport} from './lineage-report.ts';
import {instanceDetail, stormReport, workerReports} from './reports.ts';
import {instancesNamed} from './targets.ts';
import {waitsForTime} from '../../supervisor/index.ts';

export const queryHandlers = (
  host: HandlerContext,
  supervisor: () => SupervisorReport,
): Pick<Handlers, 'ping' | 'ps' | 'status' | 'findings' | 'lineage'> => {
  const {engine} = host;
  const {core} = engine;
  return {
    ping: () => ({
      pid: process.pid,
      version: supervisor().version,
      fleet: core.fleet().name,
      ready: [...core.instances()].every(
        it => it.wanted === 'down' || it.status === 'ready' || it.status === 'finished' || waitsForTime(it),
      ),
    }),
    ps: () => ({
      fleet: core.fleet().name,
      file: core.fleet().file,
      supervisor: supervisor(),
      storm: stormReport(core),
      workers: workerReports(host),
    }),
    status({targets}) {
      const table = host.readings.readTable();
      return {
        instances: instancesNamed(core, targets).map(instance =>
          instanceDetail(instance, core.specOf(instance.worker), host, table),
        ),
      };
    },
    async findings() {
      await host.orphanCare.fresh();
      host.sweep.lookAtProcesses();
      return {zombies: host.sweep.zombies.reports(), orphans: host.orphanCare.reports()};
    },
    async lineage() {
      await host.orphanCare.fresh();
      return lineageReport(host, supervisor());
    },
  };
};
