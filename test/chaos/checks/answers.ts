/** The control socket answers, and its answers agree with the observation from outside. */
import type {PsReport} from '../../../src/control/reports.ts';
import {isStopped, PARTS, type Observation} from '../observation.ts';
import {temperOf, type TemperName} from '../tempers.ts';
import {mainsOf} from './mains.ts';

/**
 * There is exactly one process of each part, and none is stopped.
 *
 * @param anchored the anchor has not been killed since the last `up`
 */
export function partsAreThere({parts}: Observation, anchored: boolean): string[] {
  return PARTS.flatMap(name => {
    const all = parts[name];
    if (name === 'anchor' && !anchored && all.length === 0) return [];
    if (all.length !== 1) return [`there is not one ${name}: ${all.map(({pid}) => pid).join(', ') || 'none'}`];
    return all.some(isStopped) ? [`the ${name} is stopped`] : [];
  });
}

/** The report of `ps`, or the reason why there is none. */
export type Answer = PsReport | {readonly mute: string};

/** Applies once the fleet has settled. Workers that end by themselves change too fast to be compared. */
export function disagreements(
  answer: Answer,
  observation: Observation,
  wanted: ReadonlyMap<string, TemperName>,
  stopped: readonly string[],
): string[] {
  if ('mute' in answer) return [`the control socket does not answer: ${answer.mute}`];
  const complaints: string[] = [];
  const mains = mainsOf(observation);
  const told = new Map(answer.workers.map(worker => [worker.id, worker]));
  for (const [id, temper] of wanted) {
    const worker = told.get(id);
    const pid = mains.get(id)?.[0]?.seen.pid;
    if (!worker) complaints.push(`ps does not know ${id}`);
    else if (worker.status === 'failed') complaints.push(`${id} is failed: ${worker.reason ?? ''}`);
    else if (!temperOf(temper).ends && (worker.status !== 'ready' || worker.pid !== pid))
      complaints.push(
        `ps says that ${id} is ${worker.status} with pid ${worker.pid ?? '-'}, and its pid is ${pid ?? '-'}`,
      );
  }
  for (const id of stopped) {
    const status = told.get(id)?.status;
    if (status !== 'stopped') complaints.push(`${id} was stopped, and ps says ${status ?? 'nothing of it'}`);
  }
  for (const {id} of answer.workers) {
    if (!wanted.has(id) && !stopped.includes(id)) complaints.push(`ps knows ${id}, which should not be there`);
  }
  return complaints;
}
