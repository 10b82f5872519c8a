/** ping, ps, status, lineage, findings: commands that only look. */
import type {Desk} from './context.ts';
import type {Handlers} from '../../control/handlers.ts';
import type {SupervisorReport} from '../../control/messages.ts';
import {lineageReport} from './lineage-report.ts';
import {instanceDetail, stormReport, workerReports} from './reports.ts';
import {instancesNamed} from './targets.ts';
import {waitsForTime} from '../../supervisor/index.ts';

export const lookHandlers = (desk: Desk, supervisor: () => SupervisorReport): Handlers => {
  const {engine} = desk;
  const {heart} = engine;
  return {
    ping: () => ({
      pid: process.pid,
      version: supervisor().version,
      fleet: heart.fleet().name,
      ready: [...heart.instances()].every(
        it => it.wanted === 'down' || it.status === 'ready' || it.status === 'finished' || waitsForTime(it),
      ),
    }),
    ps: () => ({
      fleet: heart.fleet().name,
      file: heart.fleet().file,
      supervisor: supervisor(),
      storm: stormReport(heart),
      workers: workerReports(desk),
    }),
    status({targets}) {
      const table = desk.readings.read();
      return {
        instances: instancesNamed(heart, targets).map(instance =>
          instanceDetail(instance, heart.specOf(instance.worker), desk, table),
        ),
      };
    },
    async findings() {
      await desk.orphanCare.fresh();
      desk.sweep.lookAtProcesses();
      return {zombies: desk.sweep.zombies.reports(), orphans: desk.orphanCare.reports()};
    },
    async lineage() {
      await desk.orphanCare.fresh();
      return lineageReport(desk, supervisor());
    },
  };
};
