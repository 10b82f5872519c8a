/** Reports files that should be watched but are not, and workers that are restarted by their own writes. */
import {formatTime} from '../../../base/format.ts';
import {workerOf, type Check, type FleetTarget, type Problem} from '../target.ts';

const WINDOW_MS = 60_000;
/** The number of changes of one file within the window that nobody makes by hand. */
const MANY = 6;

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC:
    'All programs of this user share `sysctl fs.inotify.max_user_watches`: raise it (`sysctl -w fs.inotify.max_user_watches=524288`, and in /etc/sysctl.d to keep it), or watch less (`watch:`, `watch_ignore:`). It is tried again every minute.',
  EMFILE:
    'All programs of this user share `sysctl fs.inotify.max_user_instances`: raise it, or end some that watch files.',
  EACCES: 'Let the supervisor’s user read it, or take it out of `watch:`.',
};

const advise = (code: string | null): string =>
  ADVICE[code ?? ''] ??
  'Correct the path under `watch:`, or make it there; the worker runs all the same, but nothing in there restarts it.';

export const watches: Check = target => {
  const seen = new Set<string>();
  return target.instances.flatMap(({id, watch}) => {
    const worker = workerOf(id);
    if (watch === null || seen.has(worker)) return [];
    seen.add(worker);
    const problems = watch.problems.map(({code, message}): Problem => ({
      kind: 'not-watched',
      worker,
      message: `${worker} does not notice all that it watches: ${message}`,
      advice: advise(code),
    }));
    return [...problems, ...ownWrites(target, id)];
  });
};

function ownWrites({records, now}: FleetTarget, id: string): Problem[] {
  const recent = (records.get(id) ?? []).filter(
    ({type, at}) => type === 'file-changed' && now - Date.parse(at) < WINDOW_MS,
  );
  const last = recent.at(-1);
  const same = recent.filter(({path}) => path === last?.['path']);
  if (last === undefined || same.length < MANY) return [];
  const path = String(last['path']);
  return [
    {
      kind: 'watch-storm',
      worker: workerOf(id),
      message: `${id} was started anew ${same.length} times within a minute, the last time at ${formatTime(last.at, now)}, since ${path} had changed: it may be what writes that file`,
      advice: `If so, \`watch_ignore: ['${path}']\` leaves it out.`,
    },
  ];
}
