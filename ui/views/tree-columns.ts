/** The columns of the processes. */
import {shownCommand} from '../../src/text/command.ts';
import {formatBytes} from '../../src/base/format.ts';
import type {Owner} from '../data/world.ts';
import type {Column} from '../list/column.ts';
import {LONGEST} from '../screen/cells.ts';
import type {Shell} from '../shell.ts';
import {styleOfState} from './state-style.ts';
import type {TreeRows} from './tree-rows.ts';

type Columns = readonly Column<number>[];
type Tree = () => TreeRows;

const number = (value: number | undefined): number | null =>
  value === undefined || Number.isNaN(value) ? null : value;

function kernelColumns({world}: Shell): Columns {
  const {snapshot} = world;
  const {rows} = snapshot;
  const user = (row: number): string => {
    const {uid} = snapshot.details(row);
    return uid === null ? '?' : world.users.name(uid);
  };
  return [
    {
      id: 'pid',
      title: 'PID',
      width: 7,
      align: 'right',
      text: row => String(rows.pid[row] ?? 0),
      value: row => rows.pid[row] ?? 0,
    },
    {id: 'user', title: 'USER', width: 8, text: user, value: user, style: () => 'dim', drop: 2},
    {
      id: 'state',
      title: 'STAT',
      width: 4,
      text: row => snapshot.stat(row) ?? '?',
      value: row => snapshot.state(row),
      style: row => styleOfState(snapshot.state(row)),
    },
    {
      id: 'nice',
      title: 'NI',
      width: 3,
      align: 'right',
      text: row => String(rows.nice[row] ?? 0),
      value: row => rows.nice[row] ?? 0,
      style: row => ((rows.nice[row] ?? 0) === 0 ? 'dim' : 'plain'),
      drop: 4,
    },
    {
      id: 'threads',
      title: 'THR',
      width: 4,
      align: 'right',
      text: row => String(rows.threads[row] ?? 0),
      value: row => rows.threads[row] ?? 0,
      style: () => 'dim',
      drop: 1,
      descending: true,
    },
  ];
}

function usageColumns(tree: Tree): Columns {
  const cpu = (row: number): number | null => number(tree().cpu(row));
  const memory = (row: number): number | null => number(tree().memory(row));
  return [
    {
      id: 'cpu',
      title: 'CPU%',
      width: 6,
      align: 'right',
      text: row => cpu(row)?.toFixed(1) ?? '-',
      value: cpu,
      style: row => ((cpu(row) ?? 0) >= 50 ? 'warning' : (cpu(row) ?? 0) >= 1 ? 'plain' : 'dim'),
      drop: 6,
      descending: true,
    },
    {
      id: 'mem',
      title: 'MEM',
      width: 6,
      align: 'right',
      text: row => (memory(row) === null ? '-' : formatBytes(memory(row) ?? 0)),
      value: memory,
      drop: 5,
      descending: true,
    },
  ];
}

function ownColumns({world}: Shell, tree: Tree, widths: {owner: number}): Columns {
  const {snapshot} = world;
  return [
    {
      id: 'worker',
      title: 'WORKER',
      get width() {
        return widths.owner;
      },
      text: row => {
        const owner = world.ownerOf(row);
        return owner === null ? '' : ownerWords(owner);
      },
      value: row => world.ownerOf(row)?.label ?? null,
      style: row => (world.ownerOf(row)?.orphan === true ? 'bad' : 'name'),
      drop: 3,
    },
    {
      id: 'command',
      title: 'COMMAND',
      width: 30,
      text: row => tree().stroke(row) + commandOf(snapshot, row) + tree().foldedWords(row),
      value: row => commandOf(snapshot, row),
      style: row => (snapshot.state(row) === 'Z' ? 'bad' : snapshot.isKernelThread(row) ? 'dim' : null),
    },
  ];
}

export const treeColumns = (app: Shell, tree: Tree, widths: {owner: number}): Columns => [
  ...kernelColumns(app),
  ...usageColumns(tree),
  ...ownColumns(app, tree, widths),
];

export const ownerWords = ({label, orphan}: Owner): string => (orphan ? `${label} orphan` : label);

export function commandOf(snapshot: Shell['world']['snapshot'], row: number): string {
  const {command} = snapshot.details(row);
  const name = snapshot.rows.name(row);
  if (command !== null) return shownCommand(command).slice(0, LONGEST);
  return snapshot.state(row) === 'Z' ? `[${name}] zombie` : `[${name}]`;
}
