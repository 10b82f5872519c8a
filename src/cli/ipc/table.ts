/** Prints channels as a table: one line for all channels that join the same processes in the same way. */
import {groupBy} from '../../ipc/files.ts';
import {KINDS} from '../../ipc/types.ts';
import {count} from '../../base/format.ts';
import type {Output} from '../terminal/output.ts';
import {printTable, type Column} from '../terminal/table.ts';
import {joinsAny, type Join} from '../../text/channels/joins.ts';
import {viewOf} from '../../text/channels/level.ts';
import type {Node} from '../../text/channels/nodes.ts';
import type {IpcReport} from './report.ts';
import {wordsOfJoin} from '../../text/channels/words.ts';

/** The most lines of single processes: nobody reads more. */
const MOST_LINES = 200;
/** The most nodes that are named at one end. */
const MOST_NAMED = 2;

/** @param everything includes channels with a single process that no other process can join */
export function printChannels(out: Output, {processes, channels}: IpcReport, everything: boolean): void {
  const drawn = channels.filter(({kind}) => kind !== 'signal');
  const shown = everything ? drawn : drawn.filter(joinsAny);
  const {level, joins} = viewOf(processes, shown, MOST_LINES);
  if (joins.length > 0) printTable(out, columnsFor(out.columns !== null), [...joins].sort(inOrder));
  const say = (line: string): void => out.line(out.paint('dim', line));
  say(summary(shown.length, drawn));
  if (level === 'program') say('Each line is a worker or a program; pass NAME or PID to show its processes.');
  if (shown.length < drawn.length)
    say(`${drawn.length - shown.length} more of a single process; pass --kind, NAME or PID to show them.`);
}

function summary(shown: number, drawn: IpcReport['channels']): string {
  const pids = new Set(drawn.flatMap(({ends}) => ends.map(({pid}) => pid)));
  return `${count(shown, 'channel')}, ${count(pids.size, 'process', 'processes')}`;
}

const order = new Map(KINDS.map((kind, i) => [kind, i]));
const inOrder = (a: Join, b: Join): number =>
  (order.get(a.kind) ?? 0) - (order.get(b.kind) ?? 0) || b.channels.length - a.channels.length;

/** Returns the names of nodes. Several nodes of one instance or program are merged. */
function names(nodes: readonly Node[]): string {
  const groups = groupBy(nodes, ({group}) => group);
  const all = Array.from(groups, ([group, members]) =>
    members.length > 1 ? `${group} (${members.length})` : members[0].label,
  );
  const others = all.length - MOST_NAMED;
  return [...all.slice(0, MOST_NAMED), ...(others > 0 ? [`+${others}`] : [])].join(', ');
}

/** The longest folder of a path in a terminal. A longer one is cut: the end of a path is the informative part. */
const MOST_PATH = 30;

/** Shortens the first path in `words` that has a folder. */
function shortened(words: string): string {
  const parts = words.split(/([\s,]+)/);
  const at = parts.findIndex(part => part.startsWith('/') && folderEnd(part) > 0);
  const path = parts[at] ?? '';
  const end = folderEnd(path);
  if (end <= MOST_PATH) return words;
  return [...parts.slice(0, at), `…${path.slice(end)}`, ...parts.slice(at + 1)].join('');
}

/** Returns the index of the slash before the last name of a path. */
function folderEnd(path: string): number {
  let end = path.length;
  while (end > 0 && path.charAt(end - 1) === '/') end--;
  return path.lastIndexOf('/', end - 1);
}

const columnsFor = (isTerminal: boolean): readonly Column<Join>[] => [
  {title: 'KIND', cell: ({kind}) => kind},
  {title: 'FROM', cell: ({from}) => names(from) || '-', shrink: 20},
  {title: '', cell: ({from, to, oneWay}) => (to.length === 0 || from.length === 0 ? '' : oneWay ? '->' : '--')},
  {title: 'TO', cell: ({to}) => names(to) || '-', shrink: 20},
  {title: 'CHANNEL', cell: join => (isTerminal ? shortened(wordsOfJoin(join)) : wordsOfJoin(join)), shrink: 20},
];
