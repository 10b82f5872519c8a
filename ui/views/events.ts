/** The journal as it grows. */
import type {EventRecord} from '../../src/journal/record.ts';
import {describeEvent, styleOfEvent, subjectOf} from '../../src/text/event-words.ts';
import {formatTime} from '../../src/base/format.ts';
import type {Shell} from '../shell.ts';
import type {Action, Place} from '../keys.ts';
import type {Column} from '../list/column.ts';
import {Text, type TextLine} from '../overlays/text.ts';
import type {Style} from '../screen/styles.ts';
import type {Target} from '../view.ts';
import {ListView} from './list-view.ts';

const COLUMNS: readonly Column<EventRecord>[] = [
  {
    id: 'at',
    title: 'TIME',
    width: 19,
    text: ({at}) => formatTime(at),
    value: ({seq}) => seq,
    style: () => 'dim',
    drop: 2,
  },
  {
    id: 'worker',
    title: 'WORKER',
    width: 14,
    text: subjectOf,
    value: record => subjectOf(record) || null,
    style: () => 'name',
  },
  {id: 'type', title: 'TYPE', width: 16, text: ({type}) => type, value: ({type}) => type, style: () => 'dim', drop: 1},
  {
    id: 'what',
    title: 'WHAT HAPPENED',
    width: 40,
    text: describeEvent,
    value: describeEvent,
    style: record => STYLES[styleOfEvent(record) ?? ''] ?? null,
  },
];

const STYLES: Readonly<Record<string, Style>> = {red: 'bad', yellow: 'warning', green: 'good', dim: 'dim'};

export class EventsView extends ListView<EventRecord> {
  readonly title = 'Events';
  readonly places: ReadonlySet<Place> = new Set<Place>(['list', 'rows']);
  /** Whether the newest event is selected, and new events will be. */
  #following = true;

  constructor(app: Shell) {
    const {world} = app;
    super(app, {columns: COLUMNS, rows: () => world.fleet?.events ?? [], key: ({seq}) => String(seq)});
  }

  get empty(): string {
    return this.app.world.fleet ? 'no events yet' : 'no events without a fleet';
  }

  override refresh(): void {
    super.refresh();
    if (this.#following) this.items.moveTo(this.items.rows.length - 1);
  }

  override act(action: Action): boolean {
    const done = super.act(action);
    this.#following = this.items.place >= this.items.rows.length - 1;
    return done;
  }

  override status(): string | null {
    const status = super.status();
    const below = this.items.rows.length - 1 - this.items.place;
    const words = this.#following ? null : `${below} newer below (End follows)`;
    return [status, words].filter(part => part !== null).join(', ') || null;
  }

  /** Shows only the events of a worker or an instance; null: all events. */
  only(id: string | null): void {
    this.items.setFilter(id === null ? '' : `worker=${id}`);
  }

  targetsOf(): readonly Target[] {
    return [];
  }

  details(record: EventRecord): void {
    const lines: TextLine[] = [[[describeEvent(record), 'bold']], []];
    for (const [name, value] of Object.entries(record)) {
      lines.push([[name.padEnd(14), 'name'], [typeof value === 'string' ? value : JSON.stringify(value)]]);
    }
    this.app.open(new Text({title: `Event ${record.seq}`, lines: () => lines, full: false}));
  }
}
