/** Reports restart storms: the instances that restart again and again, and the fingerprint that their crashes share. */
import {endOf} from '../../../text/event-words.ts';
import {lastEnd} from '../../why/evidence.ts';
import {count} from '../../../base/format.ts';
import {stormWords} from '../../../text/instance-words.ts';
import {named, workerOf, type Check, type FleetTarget, type Problem} from '../target.ts';

const WINDOW_MS = 10 * 60_000;
/** The number of unrequested ends within the window that counts as a storm. */
const MANY = 3;

/**
 * Returns the fingerprint of a crash, without pids, addresses, times and counts, which differ between crashes of one
 * cause.
 */
export const fingerprintOf = (line: string): string =>
  line
    .replace(/0x[0-9a-f]+/gi, '#')
    .replace(/\b[0-9a-f]{8,}\b/gi, '#')
    .replace(/\d[\d.:,]*/g, '#')
    .trim();

/** Returns the line that names the error, since a trace may follow it; otherwise the last line. */
const tellingLine = (lines: readonly string[]): string | null =>
  lines.findLast(line => /(error|exception)\b|panic|fatal|abort|failed/i.test(line) && !/^\s*at /.test(line)) ??
  lines.at(-1) ??
  null;

/** Returns the number of ends within the window that led to a backoff, and of failed spawns. */
const unaskedEnds = ({records, now}: FleetTarget, id: string): number =>
  (records.get(id) ?? []).filter(
    ({type, at}) => (type === 'backoff' || type === 'spawn-failed') && now - Date.parse(at) < WINDOW_MS,
  ).length;

interface Storm {
  readonly ids: string[];
  restarts: number;
  readonly how: string;
  readonly words: string | null;
}

export const storms: Check = async target => {
  const byCause = new Map<string, Storm>();
  for (const {id, restarts, status} of target.instances) {
    // A restart without a delay has no record of its own.
    const ends = Math.max(unaskedEnds(target, id), status === 'backoff' ? restarts : 0);
    if (ends < MANY) continue;
    const end = lastEnd(target.records.get(id) ?? []);
    if (end === null) continue;
    const words = tellingLine(await target.lastWords(id));
    const how = end.record.type === 'spawn-failed' ? String(end.record['message']) : endOf(end.record);
    const key = `${workerOf(id)} ${fingerprintOf(how)} ${fingerprintOf(words ?? '')}`;
    const storm = byCause.get(key) ?? {ids: [], restarts: 0, how, words};
    storm.ids.push(id);
    storm.restarts += ends;
    byCause.set(key, storm);
  }
  return [...heldBack(target), ...[...byCause.values()].map(problemOf)];
};

/** Reports a storm in which the fleet's rate limit delays restarts, also those of otherwise healthy workers. */
const heldBack = ({storm}: FleetTarget): Problem[] =>
  storm
    ? [
        {
          kind: 'restarts-held',
          worker: null,
          message: `${stormWords(storm)}; ${count(storm.held, 'restart')} delayed so far`,
          advice:
            'This protects the machine, and ends when fewer workers die. Manual starts do not wait; `brood events` shows which worker died first.',
        },
      ]
    : [];

const problemOf = ({ids, restarts, how, words}: Storm): Problem => ({
  kind: 'restart-storm',
  worker: workerOf(ids[0] ?? ''),
  message: `${named(ids)} ended ${count(restarts, 'time')} within ten minutes, each time in the same way: ${how}${words === null ? '' : `; last output: ${words}`}`,
  advice: `\`brood why ${ids[0] ?? ''}\` explains the failures; \`brood stop ${workerOf(ids[0] ?? '')}\` stops the storm until the cause is found.`,
});
