/** Reads the last output of an instance before its last end. */
import type {EventRecord} from '../../journal/record.ts';
import {loggedInstances, openStreams, readLines} from '../../logs/read.ts';
import {lastEnd} from './evidence.ts';
import {plainText} from '../../text/sanitize.ts';

/** The number of lines that a person reads at a glance. */
const FEW = 5;

/** Returns the last lines on stderr before the last end, or those on stdout if there are none. */
export async function lastWords(
  folder: string,
  id: string,
  records: readonly EventRecord[],
  most = FEW,
): Promise<readonly string[]> {
  const end = lastEnd(records);
  if (!end || end.record.type !== 'exited') return [];
  // Output is moved to the log a moment after it was written, perhaps after the end; but output that was moved after
  // the next run had begun belongs to that run.
  const until = Math.min(Date.parse(end.record.at) + 1000, end.next ? Date.parse(end.next.at) - 1 : Infinity);
  const since = end.spawned ? Date.parse(end.spawned.at) - 50 : null;
  const instances = loggedInstances(folder).filter(({worker, instance}) => `${worker}/${instance}` === id);
  for (const stream of ['err', 'out'] as const) {
    const lines: string[] = [];
    for (const open of openStreams(folder, instances)) {
      if (open.stream === stream) {
        await readLines([open], {last: since === null ? 100 : null, since}, ({at, line}) => {
          if (at > until || line === '') return;
          lines.push(plainText(line));
          if (lines.length > most) lines.shift();
        });
      }
      open.row.close();
    }
    if (lines.length > 0) return lines;
  }
  return [];
}
