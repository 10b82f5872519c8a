/** Formats a journal record as a line. */
import type {EventRecord} from '../../journal/record.ts';
import {describeEvent, styleOfEvent, subjectOf} from '../../text/event-words.ts';
import {formatTime} from '../../base/format.ts';
import {fit, widthOf} from '../../text/width.ts';
import type {Output} from '../terminal/output.ts';

/** Returns `14:03:22 web/2 ended: exit code 3, pid 4711`; in a terminal at most one line. */
export function eventLine(
  record: EventRecord,
  {paint, columns}: Pick<Output, 'paint' | 'columns'>,
  withTime = true,
): string {
  const before = [withTime ? formatTime(record.at) : '', subjectOf(record)];
  const taken = before.reduce((sum, part) => sum + (part === '' ? 0 : widthOf(part) + 1), 0);
  const words = describeEvent(record);
  const parts = [
    paint('dim', before[0] ?? ''),
    paint('bold', before[1] ?? ''),
    paint(styleOfEvent(record), columns === null ? words : fit(words, columns - taken)),
  ];
  return parts.filter(part => part !== '').join(' ');
}
