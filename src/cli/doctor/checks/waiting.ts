/** Reports instances that wait for a dependency that does not start by itself. */
import {workerOf, type Check} from '../target.ts';

export const waiting: Check = ({instances}) =>
  instances.flatMap(({id, status, reason, after, requires}) => {
    if (status !== 'pending') return [];
    const needs = new Set([...after, ...requires]);
    const cause = instances.find(
      other => needs.has(other.worker) && (other.status === 'failed' || other.wanted === 'down'),
    );
    if (cause === undefined) return [];
    return [
      {
        kind: 'waits-for-ever',
        worker: workerOf(id),
        message: `${id} is pending: ${reason ?? 'unknown reason'}; this will not change by itself`,
        advice: `Start ${cause.worker} (\`brood start ${cause.worker}\`), or remove it from \`after\` and \`requires\` of ${workerOf(id)}.`,
      },
    ];
  });
