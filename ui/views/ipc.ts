/** Who is connected to whom, and through what: of one worker or process, of the fleet, or of the machine. */
import {readChannels} from '../../src/ipc/graph.ts';
import type {Channel, End} from '../../src/ipc/types.ts';
import type {App} from '../app.ts';
import type {Action, Place} from '../keys.ts';
import type {Column} from '../list/column.ts';
import {Text, type TextLine} from '../overlays/text.ts';
import type {Target} from '../view.ts';
import {ListView} from './list-view.ts';

/** Reading the graph takes long: so often at most (ms). */
const LOOK_MS = 2_000;
/** Ends that are named one by one. */
const MOST_ENDS = 4;

export type Selection =
  | {readonly kind: 'all'}
  /** A worker's instance. */
  | {readonly kind: 'instance'; readonly id: string}
  | {readonly kind: 'process'; readonly pid: number};

const MODES: Readonly<Record<End['mode'], 'arrowRight' | 'arrowLeft' | 'arrowBoth'>> = {
  r: 'arrowLeft',
  w: 'arrowRight',
  rw: 'arrowBoth',
};

export class IpcView extends ListView<Channel> {
  readonly title = 'IPC';
  readonly places: ReadonlySet<Place> = new Set<Place>(['list']);
  #channels: readonly Channel[];
  #denied = 0;
  #readAt = -Infinity;
  #selection: Selection = {kind: 'all'};
  #names = new Map<number, string>();

  constructor(app: App) {
    // The list is made before this object is: it asks for what is not there yet only when it is refreshed.
    const holder: {view: IpcView | null} = {view: null};
    super(app, {
      columns: columnsOf(channel => holder.view?.peers(channel) ?? ''),
      rows: () => holder.view?.channels ?? [],
      key: ({id}) => id,
    });
    this.#channels = [];
    holder.view = this;
  }

  get channels(): readonly Channel[] {
    return this.#channels;
  }

  get empty(): string {
    return this.#selection.kind === 'all'
      ? 'no channel is seen'
      : `${this.#what()} has no channel that can be seen (Esc: all)`;
  }

  override refresh(): void {
    if (this.app.view === this && performance.now() - this.#readAt > LOOK_MS) this.#read();
    super.refresh();
  }

  /** What it shows from now on. */
  only(selection: Selection): void {
    this.#selection = selection;
    this.#readAt = -Infinity;
    this.refresh();
  }

  override act(action: Action): boolean {
    if (super.act(action)) return true;
    if (action === 'close' && this.#selection.kind !== 'all') {
      this.only({kind: 'all'});
      return true;
    }
    return false;
  }

  override status(): string | null {
    const parts = [super.status()];
    if (this.#selection.kind !== 'all') parts.push(`of ${this.#what()}`);
    if (this.#denied > 0)
      parts.push(`${this.#denied} ${this.#denied === 1 ? 'process' : 'processes'} may not be looked into`);
    return parts.filter(part => part !== null).join(', ') || null;
  }

  targetsOf(): readonly Target[] {
    return [];
  }

  /** `web/1 → db/1`: the ends, those that write before those that read. */
  peers({ends}: Channel): string {
    const {glyphs} = this.app;
    const named = (end: End): string => this.#nameOf(end.pid);
    const unique = (some: readonly End[]): string[] => [...new Set(some.map(named))];
    const few = (names: readonly string[]): string =>
      names.length > MOST_ENDS
        ? `${names.slice(0, MOST_ENDS).join(', ')} and ${names.length - MOST_ENDS} more`
        : names.join(', ');
    const writers = ends.filter(({mode}) => mode === 'w');
    const readers = ends.filter(({mode}) => mode === 'r');
    if (writers.length > 0 || readers.length > 0) {
      return `${few(unique(writers)) || '-'} ${glyphs[MODES.w]} ${few(unique(readers)) || '-'}`;
    }
    const sides = new Map<unknown, End[]>();
    for (const end of ends) {
      const side = end.socket ?? end.side ?? 0;
      sides.set(side, [...(sides.get(side) ?? []), end]);
    }
    return [...sides.values()].map(side => few(unique(side))).join(` ${glyphs[MODES.rw]} `);
  }

  details(channel: Channel): void {
    const {glyphs} = this.app;
    const lines: TextLine[] = [
      [['kind      ', 'name'], [channel.kind]],
      [['id        ', 'name'], [channel.id]],
      [['name      ', 'name'], [channel.name ?? '-']],
      [],
      [['ends', 'title']],
      ...channel.ends.map(({pid, fd, mode}): TextLine => [
        [`  ${glyphs[MODES[mode]]} `, 'dim'],
        [`${this.#nameOf(pid)} `, 'bold'],
        [`pid ${pid}${fd === null ? '' : `, descriptor ${fd}`}, ${WORDS[mode]}`, 'plain'],
      ]),
      [],
      [['what the kernel says', 'title']],
      ...Object.entries(channel.detail).map(([name, value]): TextLine => [
        [`  ${name.padEnd(12)}`, 'name'],
        [typeof value === 'string' ? value : JSON.stringify(value)],
      ]),
    ];
    this.app.open(new Text({title: channel.id, lines: () => lines, full: false}));
  }

  #what(): string {
    if (this.#selection.kind === 'instance') return this.#selection.id;
    return this.#selection.kind === 'process' ? `process ${this.#selection.pid}` : 'all';
  }

  #read(): void {
    this.#readAt = performance.now();
    const {channels, processes, denied} = readChannels({pids: this.#pids()});
    this.#channels = channels.filter(({kind}) => kind !== 'signal');
    this.#denied = denied.length;
    this.#names = new Map(processes.map(({pid, name}) => [pid, name]));
  }

  #pids(): ReadonlySet<number> | null {
    const {world, all} = this.app;
    const lineage = world.fleet?.lineage;
    const selection = this.#selection;
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

  #nameOf(pid: number): string {
    const {world} = this.app;
    const row = world.snapshot.rows.find(pid);
    const owner = row < 0 ? null : world.ownerOf(row);
    const name = this.#names.get(pid) ?? '?';
    return owner === null ? `${name}(${pid})` : owner.id === null ? owner.label : `${owner.label} ${name}`;
  }
}

const WORDS: Readonly<Record<End['mode'], string>> = {r: 'reads', w: 'writes', rw: 'reads and writes'};

function columnsOf(peers: (channel: Channel) => string): readonly Column<Channel>[] {
  return [
    {id: 'kind', title: 'KIND', width: 9, text: ({kind}) => kind, value: ({kind}) => kind, style: () => 'name'},
    {id: 'peers', title: 'WHO', width: 34, text: peers, value: peers},
    {
      id: 'ends',
      title: 'ENDS',
      width: 4,
      align: 'right',
      text: ({ends}) => String(ends.length),
      value: ({ends}) => ends.length,
      drop: 2,
      descending: true,
    },
    {
      id: 'name',
      title: 'NAME / STATE',
      width: 22,
      text: channel => [channel.name, stateWords(channel)].filter(Boolean).join('  '),
      value: ({name, id}) => name ?? id,
      style: channel => (waiters(channel) > 0 ? 'warning' : 'dim'),
      drop: 1,
    },
  ];
}

const count = (value: unknown): number => (typeof value === 'number' ? value : Array.isArray(value) ? value.length : 0);
const waiters = ({detail}: Channel): number => count(detail['waiters']);

/** Depth, holders, waiters, state: what of it tells at a glance how it is. */
function stateWords(channel: Channel): string {
  const {detail} = channel;
  const parts: string[] = [];
  if (typeof detail['state'] === 'string') parts.push(detail['state']);
  if (typeof detail['messages'] === 'number') parts.push(`${detail['messages']} messages`);
  if (typeof detail['value'] === 'number') parts.push(`value ${detail['value']}`);
  if (waiters(channel) > 0) parts.push(`${waiters(channel)} waiting`);
  return parts.join(', ');
}
