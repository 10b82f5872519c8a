/** Settings of a worker's run: restarts, stopping, limits, logs. */
import type {Check} from '../check/check.ts';
import {boolean} from '../check/collections.ts';
import {duration, integer, number, percent, size} from '../check/numbers.ts';
import {signal} from '../check/texts.ts';
import {durationInFile} from '../values/duration.ts';
import {defaultsOf, key, mapping} from '../check/table.ts';
import type {Backoff, GiveUp, Limits, LogPolicy, StopPolicy} from '../types.ts';

const backoffKeys = {
  first: key('firstMs', duration({example: '0s'}), {
    or: 0,
    doc: 'Delay before the first restart after a run of at least `reset_after`.',
  }),
  initial: key('initialMs', duration({example: '100ms'}), {or: 100, doc: 'Delay before the second restart in a row.'}),
  factor: key('factor', number({low: 1, high: 100}, 2), {or: 2, doc: 'How many times longer each further delay is.'}),
  max: key('maxMs', duration({example: '30s'}), {or: 30_000, doc: 'The longest delay.'}),
  jitter: key('jitter', percent({low: 0, high: 100, scale: 0.01, example: '20%'}), {
    or: 0.2,
    doc: 'How far a delay may be moved at random, so that not all restart at once.',
  }),
  reset_after: key('resetAfterMs', duration({low: 1, example: '10s'}), {
    or: 10_000,
    doc: 'A run at least this long ends a row of restarts.',
  }),
};

export const backoff = mapping<typeof backoffKeys, Backoff>(
  {
    title: 'backoff',
    doc: 'How long a restart waits, so that a worker that dies at once does not keep the machine busy.',
    keys: backoffKeys,
  },
  (values, found, context) => {
    for (const [name, delay] of [
      ['initial', values.initialMs],
      ['first', values.firstMs],
    ] as const) {
      if (!found.sound || values.maxMs >= delay) continue;
      const at = found.at(found.has('max') ? 'max' : name);
      const [max, least] = [durationInFile(values.maxMs), durationInFile(delay)];
      context.report.error(
        at,
        `${found.spot.label}: max (${max}) is shorter than ${name} (${least}): write max: ${least} or more`,
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
    doc: 'How many restarts in a row, or within `within`, are tried.',
  }),
  within: key('withinMs', duration({low: 1, example: '60s'}), {
    or: 60_000,
    doc: 'The time in which restarts are counted even when runs between them were long.',
  }),
};

export const giveUp = mapping<typeof giveUpKeys, GiveUp>(
  {
    title: 'give_up',
    doc: 'When restarting is no use any more: at the failure that would need more restarts than this, the worker is `failed`.',
    keys: giveUpKeys,
  },
  values => values,
);
export const giveUpDefaults: GiveUp = defaultsOf(giveUpKeys);

const stopKeys = {
  signal: key('signal', signal, {
    or: 'SIGTERM',
    doc: 'What asks the worker to end. SIGCONT follows at once, for a stopped process must be able to die.',
  }),
  timeout: key('timeoutMs', duration({example: '10s'}), {
    or: 10_000,
    doc: 'From the signal to SIGKILL. Then every survivor of its tree is killed.',
  }),
};

export const stop = mapping<typeof stopKeys, StopPolicy>(
  {title: 'stop', doc: 'How a worker is stopped.', keys: stopKeys},
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
        const instead = limit === 'memory' ? 'is held here by a look every second only' : "can't be held here";
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
    doc: 'The size of a core dump (RLIMIT_CORE); 0 for none.',
    example: '0',
  }),
  memory: key('memory', held('memory', size({low: 1, example: '512MiB'})), {
    or: null,
    doc: 'Memory of the whole tree. By cgroup where there is one with that controller: the kernel ends the run when it needs more. Else it is looked at every second, and ended as by `stop` when it has more. Both count as a failure, with the reason `memory`.',
  }),
  cpu: key('cpu', held('cpu', percent({low: 0.1, high: 1_000_000, scale: 1, example: '50%'})), {
    or: null,
    doc: 'Processor time of the whole tree in percent of one core: by cgroup; without that controller it is not held, and `check` and `doctor` say so.',
  }),
};

export const limits = mapping<typeof limitKeys, Limits>(
  {title: 'limits', doc: 'What a run may use.', keys: limitKeys},
  values => values,
);
export const limitDefaults: Limits = defaultsOf(limitKeys);

const logKeys = {
  max_size: key('maxSize', size({low: 1024, example: '50MiB'}), {
    or: 50 * 2 ** 20,
    doc: 'A log file is rotated at this size, at the end of a line.',
  }),
  max_age: key('maxAgeMs', duration({low: 1, example: '7d'}), {
    or: 7 * 86_400_000,
    doc: 'Rotated files older than this are removed.',
  }),
  keep: key('keep', integer({low: 0, high: 10_000}, 10), {or: 10, doc: 'How many rotated files of a stream are kept.'}),
  compress: key('compress', boolean, {or: true, doc: 'Whether rotated files are compressed.'}),
};

export const logs = mapping<typeof logKeys, LogPolicy>(
  {title: 'logs', doc: 'What is kept of a worker’s output; stdout and stderr have a file each.', keys: logKeys},
  values => values,
);
export const logDefaults: LogPolicy = defaultsOf(logKeys);
