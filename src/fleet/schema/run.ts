/** Settings of a worker's run: restarts, stopping, limits, logs. */
import type {Check} from '../check/check.ts';
import {boolean} from '../check/collections.ts';
import {duration, integer, number, percent, size} from '../check/numbers.ts';
import {signal} from '../check/texts.ts';
import {exactDuration} from '../../base/format.ts';
import {defaultsOf, key, mapping} from '../check/table.ts';
import type {Backoff, GiveUp, Limits, LogPolicy, StopPolicy} from '../types.ts';

const backoffKeys = {
  first: key('firstMs', duration({example: '0s'}), {
    or: 0,
    doc: 'Delay before the first restart after a run of at least `reset_after`.',
  }),
  initial: key('initialMs', duration({example: '100ms'}), {or: 100, doc: 'Delay before the second restart in a row.'}),
  factor: key('factor', number({low: 1, high: 100}, 2), {or: 2, doc: 'Factor by which each further delay grows.'}),
  max: key('maxMs', duration({example: '30s'}), {or: 30_000, doc: 'Maximum delay.'}),
  jitter: key('jitter', percent({low: 0, high: 100, scale: 0.01, example: '20%'}), {
    or: 0.2,
    doc: 'Random variation of a delay, so that workers do not all restart at once.',
  }),
  reset_after: key('resetAfterMs', duration({low: 1, example: '10s'}), {
    or: 10_000,
    doc: 'A run of at least this length resets the count of consecutive restarts.',
  }),
};

export const backoff = mapping<typeof backoffKeys, Backoff>(
  {
    title: 'backoff',
    doc: 'Delays between restarts, so that a worker that keeps crashing does not load the machine.',
    keys: backoffKeys,
  },
  (values, found, context) => {
    for (const [name, delay] of [
      ['initial', values.initialMs],
      ['first', values.firstMs],
    ] as const) {
      if (!found.sound || values.maxMs >= delay) continue;
      const at = found.at(found.has('max') ? 'max' : name);
      const [max, least] = [exactDuration(values.maxMs), exactDuration(delay)];
      context.report.error(
        at,
        `${found.spot.label}: max (${max}) is less than ${name} (${least}): set max to ${least} or more`,
      );
      break;
    }
    return values;
  },
);
export const backoffDefaults: Backoff = defaultsOf(backoffKeys);

const giveUpKeys = {
  restarts: key('restarts', integer({low: 0, high: 1_000_000}, 10), {
    or: 10,
    doc: 'Maximum number of consecutive restarts, or of restarts within `within`.',
  }),
  within: key('withinMs', duration({low: 1, example: '60s'}), {
    or: 60_000,
    doc: 'Window in which restarts count even if the runs between them were long.',
  }),
};

export const giveUp = mapping<typeof giveUpKeys, GiveUp>(
  {
    title: 'give_up',
    doc: 'When to give up restarting: the worker is `failed` at the failure that would need more restarts than this.',
    keys: giveUpKeys,
  },
  values => values,
);
export const giveUpDefaults: GiveUp = defaultsOf(giveUpKeys);

const stopKeys = {
  signal: key('signal', signal, {
    or: 'SIGTERM',
    doc: 'The signal to stop the worker with. SIGCONT follows at once, so that a stopped process can exit.',
  }),
  timeout: key('timeoutMs', duration({example: '10s'}), {
    or: 10_000,
    doc: 'Time from the signal to SIGKILL. Then every remaining process of the tree is killed.',
  }),
};

export const stop = mapping<typeof stopKeys, StopPolicy>(
  {title: 'stop', doc: 'How to stop a worker.', keys: stopKeys},
  values => values,
);
export const stopDefaults: StopPolicy = defaultsOf(stopKeys);

/** Adds a note to a limit that needs a cgroup if no cgroup can enforce it here. */
function held(limit: 'memory' | 'cpu', check: Check<number>): Check<number> {
  return {
    ...check,
    read(spot, context) {
      const value = check.read(spot, context);
      const why = value === null ? null : context.unenforced(limit);
      if (why !== null) {
        const instead = limit === 'memory' ? 'is checked only once a second here' : "can't be enforced here";
        context.report.note(spot.node.at, `${spot.label}: ${instead}: ${why}`);
      }
      return value;
    },
  };
}

const limitKeys = {
  nofile: key('nofile', integer({low: 1, high: 2 ** 31 - 1}, 4096), {or: null, doc: 'Open files (RLIMIT_NOFILE).'}),
  core: key('core', size({low: 0, example: '512MiB'}), {
    or: null,
    doc: 'Maximum size of a core dump (RLIMIT_CORE); 0 for none.',
    example: '0',
  }),
  memory: key('memory', held('memory', size({low: 1, example: '512MiB'})), {
    or: null,
    doc: 'Memory of the whole tree. With a cgroup memory controller, the kernel kills a run that exceeds it. Otherwise usage is checked every second, and a run that exceeds it is stopped as by `stop`. Both count as a failure, with the reason `memory`.',
  }),
  cpu: key('cpu', held('cpu', percent({low: 0.1, high: 1_000_000, scale: 1, example: '50%'})), {
    or: null,
    doc: 'CPU time of the whole tree, in percent of one core. Needs a cgroup cpu controller; without one the limit is not enforced, and `check` and `doctor` report it.',
  }),
};

export const limits = mapping<typeof limitKeys, Limits>(
  {title: 'limits', doc: 'Resource limits of a run.', keys: limitKeys},
  values => values,
);
export const limitDefaults: Limits = defaultsOf(limitKeys);

const logKeys = {
  max_size: key('maxSize', size({low: 1024, example: '50MiB'}), {
    or: 50 * 2 ** 20,
    doc: 'Size at which a log file is rotated, at the end of a line.',
  }),
  max_age: key('maxAgeMs', duration({low: 1, example: '7d'}), {
    or: 7 * 86_400_000,
    doc: 'Age at which rotated files are removed.',
  }),
  keep: key('keep', integer({low: 0, high: 10_000}, 10), {or: 10, doc: 'Number of rotated files to keep per stream.'}),
  compress: key('compress', boolean, {or: true, doc: 'Whether to compress rotated files.'}),
};

export const logs = mapping<typeof logKeys, LogPolicy>(
  {title: 'logs', doc: 'How a worker’s output is kept. stdout and stderr have separate files.', keys: logKeys},
  values => values,
);
export const logDefaults: LogPolicy = defaultsOf(logKeys);
