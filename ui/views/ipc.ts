/** The channels between processes: of one worker or process, of the fleet, or of the machine. */
import type {LineageEntry} from '../../src/control/reports.ts';
import {groupBy} from '../../src/ipc/files.ts';
import type {ChannelProcess, End} from '../../src/ipc/types.ts';
import {joinsAny, joinsOf, type Join} from '../../src/text/channels/joins.ts';
import {nodesOf, type IpcProcess, type Node} from '../../src/text/channels/nodes.ts';
import {wordsOf, wordsOfJoin} from '../../src/text/channels/words.ts';
import type {Shell} from '../shell.ts';
import type {Action, Place} from '../keys.ts';
import type {Column} from '../list/column.ts';
import {Text, type TextLine} from '../overlays/text.ts';
import type {Handlers, Target} from '../view.ts';
import {graphRows, type GraphRow} from './ipc-graph.ts';
import {ListView} from './list-view.ts';

/** Minimum interval (ms) of readings, since reading the graph takes long. */
const LOOK_MS = 2_000;
/** Maximum nodes named at one end. */
const MOST_NAMED = 3;
/** Maximum channels of a join whose ends are listed individually. */
const MOST_CHANNELS = 20;

export type Selection =
  | {readonly kind: 'all'}
  /** A worker's instance. */
  | {readonly kind: 'instance'; readonly id: string}
  | {readonly kind: 'process'; readonly pid: number};

/** A line: a join in the list; a node or one of its joins in the graph. */
type Row = GraphRow;

export class IpcView extends ListView<Row> {
  readonly title = 'IPC';
  readonly places: ReadonlySet<Place> = new Set<Place>(['list', 'rows', 'graph']);
  readonly #state: State;

  constructor(app: Shell) {
    const state = new State(app);
    const list = listColumns(app);
    const graph = graphColumns();
    super(app, {
      get columns() {
        return state.asGraph ? graph : list;
      },
      rows: () => state.rows,
      key: ({key}) => key,
    });
    this.#state = state;
  }

  get empty(): string {
    const {selection, what} = this.#state;
    return selection.kind === 'all' ? 'no channels between processes' : `${what} has no visible channel (Esc: all)`;
  }

  override refresh(): void {
    if (this.app.view === this) this.#state.readChannels();
    super.refresh();
  }

  /** Restricts the view to a selection. */
  only(selection: Selection): void {
    this.#state.choose(selection);
    this.refresh();
  }

  override act(action: Action): boolean {
    const handler = this.#handlers[action];
    if (handler) handler();
    else if (!super.act(action)) {
      if (action !== 'close' || this.#state.selection.kind === 'all') return false;
      this.only({kind: 'all'});
    }
    return true;
  }

  readonly #handlers: Handlers = {
    treeOrList: () => {
      this.#state.asGraph = !this.#state.asGraph;
      this.items.sortBy(null);
      this.app.showMessage(this.#state.asGraph ? 'graph: each process and its peers' : 'list of connections');
    },
    wrap: () => {
      this.#state.showAll();
      this.refresh();
    },
  };

  override status(): string | null {
    const {selection, what, denied, leftOut} = this.#state;
    const parts = [super.status()];
    if (selection.kind !== 'all') parts.push(`of ${what} (Esc: all)`);
    if (denied > 0) parts.push(`${denied} ${denied === 1 ? 'process' : 'processes'} may not be inspected`);
    if (leftOut) parts.push('too many locks: some were skipped');
    return parts.filter(part => part !== null).join(', ') || null;
  }

  targetsOf(): readonly Target[] {
    return [];
  }

  details({join, node}: Row): void {
    const {glyphs} = this.app;
    if (!join) {
      if (node) this.app.showMessage(node.label);
      return;
    }
    const lines: TextLine[] = [];
    for (const channel of join.channels.slice(0, MOST_CHANNELS)) {
      if (lines.length > 0) lines.push([]);
      lines.push([
        [`${channel.kind} `, 'name'],
        [wordsOf(channel), 'bold'],
      ]);
      for (const {pid, fd, mode} of channel.ends) {
        lines.push([
          [`  ${glyphs[ARROWS[mode]]} `, 'dim'],
          [`${this.#state.nameOf(pid)} `],
          [`${fd === null ? '' : `descriptor ${fd}, `}${MODES[mode]}`, 'dim'],
        ]);
      }
      for (const [name, value] of Object.entries(channel.detail)) {
        lines.push([[`  ${name.padEnd(14)}`, 'dim'], [typeof value === 'string' ? value : JSON.stringify(value)]]);
      }
    }
    const more = join.channels.length - MOST_CHANNELS;
    if (more > 0) lines.push([], [[`and ${more} more of this kind; \`brood ipc --json\` lists all`, 'dim']]);
    this.app.open(new Text({title: `${join.kind} ${wordsOfJoin(join)}`, lines: () => lines, full: false}));
  }
}

const MODES: Readonly<Record<End['mode'], string>> = {r: 'reads', w: 'writes', rw: 'reads and writes'};
const ARROWS = {r: 'arrowLeft', w: 'arrowRight', rw: 'arrowBoth'} as const;

/** The data read, the selection, and the display mode. */
class State {
  readonly #app: Shell;
  selection: Selection = {kind: 'all'};
  asGraph = false;
  denied = 0;
  leftOut = false;
  #all = false;
  #readAt = -Infinity;
  #joins: readonly Join[] = [];
  #nodes: ReadonlyMap<number, Node> = new Map();

  constructor(app: Shell) {
    this.#app = app;
  }

  get rows(): readonly Row[] {
    if (this.asGraph) return graphRows(this.#joins, this.#app.glyphs);
    return this.#joins.map(join => ({key: keyOf(join), join, node: null, stroke: '', to: ''}));
  }

  get what(): string {
    if (this.selection.kind === 'instance') return this.selection.id;
    return this.selection.kind === 'process' ? `process ${this.selection.pid}` : 'all';
  }

  choose(selection: Selection): void {
    this.selection = selection;
    this.#readAt = -Infinity;
  }

  /** Toggles channels with a single process. */
  showAll(): void {
    this.#all = !this.#all;
    this.#readAt = -Infinity;
    this.#app.showMessage(this.#all ? 'all channels' : 'only channels between processes');
  }

  nameOf(pid: number): string {
    return this.#nodes.get(pid)?.label ?? String(pid);
  }

  readChannels(): void {
    if (performance.now() - this.#readAt < LOOK_MS) return;
    const {channels, processes, denied, leftOut} = this.#app.world.channels({pids: this.#pids()});
    const everything = this.#all || this.selection.kind !== 'all';
    const shown = channels.filter(channel => channel.kind !== 'signal' && (everything || joinsAny(channel)));
    const entries = groupBy(this.#app.world.fleet?.lineage?.processes ?? [], ({pid}) => String(pid));
    this.#nodes = nodesOf(
      processes.map(one => this.#owned(one, entries.get(String(one.pid)) ?? [])),
      'process',
    );
    this.#joins = joinsOf(shown, this.#nodes);
    this.denied = denied.length;
    this.leftOut = leftOut !== undefined;
    this.#readAt = performance.now();
  }

  #owned({pid, name, startTime}: ChannelProcess, entries: readonly LineageEntry[]): IpcProcess {
    const lineage = this.#app.world.fleet?.lineage;
    const entry = entries.find(one => startTime === null || one.startTime === startTime);
    const role = (['anchor', 'keeper', 'controller'] as const).find(one => lineage?.[one] === pid);
    return {pid, name: role ?? name, worker: entry?.worker ?? null, instance: entry?.instance ?? null};
  }

  #pids(): ReadonlySet<number> | null {
    const {world, all} = this.#app;
    const lineage = world.fleet?.lineage;
    const {selection} = this;
    if (selection.kind === 'process') return new Set([selection.pid]);
    if (!lineage) return null;
    if (selection.kind === 'instance') {
      const entries = lineage.processes.filter(one => `${one.worker ?? ''}/${one.instance ?? ''}` === selection.id);
      return new Set(entries.map(({pid}) => pid));
    }
    if (all) return null;
    const supervisor = [lineage.keeper, lineage.controller, lineage.anchor].filter(pid => pid !== null);
    return new Set([...lineage.processes.map(({pid}) => pid), ...supervisor]);
  }
}

const keyOf = ({kind, from, to}: Join): string =>
  [kind, ...from.map(({key}) => key), '>', ...to.map(({key}) => key)].join('\t');

export const names = (nodes: readonly Node[]): string => {
  const named = nodes.slice(0, MOST_NAMED).map(({label}) => label);
  const others = nodes.length - named.length;
  return [...named, ...(others > 0 ? [`+${others}`] : [])].join(', ');
};

/** Whether a process waits at the join. */
const isWaitedFor = (join: Join): boolean => /\bwaits?\b/.test(wordsOfJoin(join));

function listColumns({glyphs}: Shell): readonly Column<Row>[] {
  const kind = ({join}: Row): string => join?.kind ?? '';
  const from = ({join}: Row): string => (join ? names(join.from) || '-' : '');
  const to = ({join}: Row): string => (join ? names(join.to) || '-' : '');
  const words = ({join}: Row): string => (join ? wordsOfJoin(join) : '');
  return [
    {id: 'kind', title: 'KIND', width: 8, text: kind, value: kind, style: () => 'name'},
    {id: 'from', title: 'FROM', width: 26, text: from, value: from},
    {
      id: 'way',
      title: '',
      width: 1,
      text: ({join}) =>
        join && join.to.length > 0 && join.from.length > 0 ? (join.oneWay ? glyphs.arrowRight : glyphs.arrowBoth) : '',
      value: ({join}) => (join?.oneWay === true ? 1 : 0),
      style: () => 'dim',
    },
    {id: 'to', title: 'TO', width: 26, text: to, value: to},
    {
      id: 'channel',
      title: 'CHANNEL',
      width: 12,
      text: words,
      value: words,
      style: ({join}) => (join && isWaitedFor(join) ? 'warning' : 'dim'),
      drop: 1,
    },
  ];
}

function graphColumns(): readonly Column<Row>[] {
  const text = ({node, stroke, join, to}: Row): string =>
    node ? node.label : `${stroke}${join ? `${join.kind} ${wordsOfJoin(join)}` : ''}  ${to}`;
  return [
    {
      id: 'graph',
      title: 'PROCESSES AND THEIR CHANNELS',
      width: 20,
      text,
      value: ({node, to}) => node?.label ?? to,
      style: ({node, join}) => (node ? 'name' : join && isWaitedFor(join) ? 'warning' : null),
    },
  ];
}
