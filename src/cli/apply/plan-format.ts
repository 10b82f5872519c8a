/**
 * Prints the plan of `apply`: the workers that it adds, removes and changes, and the keys of the fleet file that
 * differ.
 */
import type {FleetPlan} from '../../control/messages.ts';
import {count, formatBytes, exactDuration} from '../../base/format.ts';
import type {Output} from '../terminal/output.ts';
import type {Style} from '../terminal/paint.ts';
import {plainText} from '../../text/sanitize.ts';
import {fit} from '../../text/width.ts';

type WorkerChange = FleetPlan['workers'][number];
type Difference = FleetPlan['groups'][number];

/** The most ids to list one by one. A longer list shows the first id and the number of the others. */
const NAMED = 4;

export function printPlan(out: Output, plan: FleetPlan): void {
  const line = (style: Style | null, text: string): void => {
    const plain = plainText(text);
    const shown = out.columns === null ? plain : fit(plain, out.columns);
    out.line(style === null ? shown : out.paint(style, shown));
  };
  for (const change of plan.workers) {
    const [sign, style] = SIGNS[change.kind];
    line(style, `${sign} ${change.worker}  ${movesWords(change)}`);
    for (const difference of change.differences) line(null, `    ${differenceWords(difference)}`);
  }
  for (const [what, differences] of [
    ['group', plan.groups],
    ['channel', plan.channels],
  ] as const) {
    for (const difference of differences) line('yellow', `~ ${what} ${differenceWords(difference)}`);
  }
  const {unchanged} = plan;
  if (isEmpty(plan)) line(null, 'nothing to change: the fleet matches its file');
  else if (unchanged.length > 0)
    line('dim', `= ${count(unchanged.length, 'worker')} unchanged: ${unchanged.join(', ')}`);
}

export const isEmpty = ({workers, groups, channels}: FleetPlan): boolean =>
  workers.length + groups.length + channels.length === 0;

const SIGNS: Readonly<Record<WorkerChange['kind'], readonly [string, Style]>> = {
  added: ['+', 'green'],
  removed: ['-', 'red'],
  changed: ['~', 'yellow'],
};

function movesWords({starts, stops, restarts}: WorkerChange): string {
  const moves = [
    ['restarts', restarts],
    ['starts', starts],
    ['stops', stops],
  ] as const;
  const words = moves.filter(([, ids]) => ids.length > 0).map(([verb, ids]) => `${verb} ${idsWords(ids)}`);
  return words.length > 0 ? words.join(', ') : 'takes effect without a restart';
}

const idsWords = (ids: readonly string[]): string =>
  ids.length <= NAMED ? ids.join(' ') : `${ids[0] ?? ''} and ${count(ids.length - 1, 'other')}`;

function differenceWords({key, before, after}: Difference): string {
  const name = fileKey(key);
  const old = valueWords(key, before);
  const now = valueWords(key, after);
  if (before === null) return `${name}: ${now} (new)`;
  if (after === null) return `${name}: ${old} (removed)`;
  // Masked values have the same text.
  return old === now ? `${name}: ${now} (changed)` : `${name}: ${old} -> ${now}`;
}

/**
 * Returns a key as the fleet file spells it: `stop.timeout` for `stop.timeoutMs`. Names of variables stay unchanged.
 */
const fileKey = (key: string): string =>
  key.startsWith('env.')
    ? key
    : key
        .replace(/^argv$/, 'run')
        .replace(/Ms(?=\.|$)/g, '')
        .replace(/(?<=[a-z])([A-Z])/g, letter => `_${letter.toLowerCase()}`);

const IS_SIZE = /(^|\.)(maxSize|memory|core|bytes)$/;

function valueWords(key: string, value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'number') {
    if (key.endsWith('Ms')) return exactDuration(value);
    if (IS_SIZE.test(key)) return formatBytes(value);
    if (key === 'umask') return value.toString(8).padStart(3, '0');
  }
  return typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value).replaceAll('","', '", "');
}
