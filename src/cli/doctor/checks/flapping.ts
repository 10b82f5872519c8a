/** Reports flapping health: checks that fail, but not often enough in a row. */
import {formatTime} from '../../../base/format.ts';
import {workerOf, type Check} from '../target.ts';

const WINDOW_MS = 10 * 60_000;
/** The number of failed checks within the window that counts as flapping. */
const MANY = 3;

export const flapping: Check = ({instances, now}) =>
  instances.flatMap(({id, health, flags}) => {
    if (health === null) return [];
    const recent = health.recent.filter(({at}) => now - Date.parse(at) < WINDOW_MS);
    const last = recent.at(-1);
    if (last === undefined || (recent.length < MANY && !flags.includes('unhealthy'))) return [];
    return [
      {
        kind: 'flapping-health',
        worker: workerOf(id),
        message: `${recent.length === health.recent.length ? 'at least ' : ''}${recent.length} health checks of ${id} failed within ten minutes, the last at ${formatTime(last.at, now)}: ${last.message}`,
        advice: `If it is only slow, increase \`timeout\` or \`failures\` in its \`health:\`; \`brood logs ${id}\` shows what it did meanwhile.`,
      },
    ];
  });
