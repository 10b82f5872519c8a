/** Describes what a worker watches, in a few words. */
import type {Events} from '../journal/events.ts';
import type {WatchReport} from '../control/reports.ts';
import {count} from '../base/format.ts';

/** Returns `src, config.json except *.log`, and the problems. */
export function watchWords({paths, ignored, watching, problems}: WatchReport): string {
  const what = `${paths.join(', ')}${ignored.length > 0 ? ` except ${ignored.join(', ')}` : ''}`;
  const trouble = problems.map(({message}) => message).join('; ');
  return [what, ...(watching || trouble !== '' ? [] : ['not watched yet']), ...(trouble === '' ? [] : [trouble])].join(
    '; ',
  );
}

/** Describes a `file-changed` record: `src/a.js and 4 other files have changed`. */
export function changeWords({path, files}: Pick<Events['file-changed'], 'path' | 'files'>): string {
  const others = files - 1;
  return others > 0 ? `${path} and ${count(others, 'other file')} have changed` : `${path} has changed`;
}
