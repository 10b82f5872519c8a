/** Reports files that should be watched but are not, and workers that are restarted by their own writes. */
import {formatTime} from '../../../base/format.ts';
import {workerOf, type Check, type FleetTarget, type Problem} from '../target.ts';

const WINDOW_MS = 60_000;
/** The number of changes of one file within the window that nobody makes by hand. */
const MANY = 6;

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC:
    'Raise `sysctl fs.inotify.max_user_watches`, which all programs of this user share (`sysctl -w fs.inotify.max_user_watches=524288`, and in /etc/sysctl.d to keep it), or watch less (`watch:`, `watch_ignore:`). brood retries every minute.',
  EMFILE:
    'Raise `sysctl fs.inotify.max_user_instances`, which all programs of this user share, or stop some that watch files.',
  EACCES: "Give the supervisor's user read permission, or remove the path from `watch:`.",
};

const advise = (code: string | null): string =>
  ADVICE[code ?? ''] ??
  'Correct the path under `watch:`, or create it; the worker runs, but changes there do not restart it.';

export const watches: Check = target => {
  const seen = new Set<string>();
  return target.instances.flatMap(({id, watch}) => {
    const worker = workerOf(id);
    if (watch === null || seen.has(worker)) return [];
    seen.add(worker);
    const problems = watch.problems.map(({code, message}): Problem => ({
      kind: 'not-watched',
      worker,
      message: `not everything that ${worker} watches is observed: ${message}`,
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
      message: `${id} was restarted ${same.length} times within a minute, last at ${formatTime(last.at, now)}, because ${path} changed: it may write that file itself`,
      advice: `If so, \`watch_ignore: ['${path}']\` excludes it.`,
    },
  ];
}
