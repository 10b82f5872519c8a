/** Output of one, several or all workers, followed until the user scrolls away; the view shows whether it follows. */
import {messageOf} from '../../src/base/errors.ts';
import {followLines} from '../../src/logs/follow.ts';
import {instanceId, loggedInstances, openStreams, readLines, type Instance, type LogLine} from '../../src/logs/read.ts';
import {formatTime} from '../../src/base/format.ts';
import type {Shell} from '../shell.ts';
import {LogLines} from '../data/log-lines.ts';
import type {Action, Place} from '../keys.ts';
import {drawMatches} from '../list/draw-list.ts';
import {Prompt} from '../overlays/prompt.ts';
import type {Canvas, Rect} from '../screen/canvas.ts';
import {screenText} from '../../src/text/sanitize.ts';
import {cellsOf, widthOf} from '../screen/cells.ts';
import type {Handlers, Target, View} from '../view.ts';

const FIRST_LINES = 1_000;
const SCROLL_COLUMNS = 8;
/** Lines read before other work gets a turn. */
const BATCH = 500;

/** One line of the screen. */
interface Row {
  readonly of: LogLine;
  readonly text: string;
  /** Whether the log line begins in this row. */
  readonly first: boolean;
}

export class LogsView implements View {
  readonly title = 'Logs';
  readonly places: ReadonlySet<Place> = new Set<Place>(['list', 'logs']);
  readonly #app: Shell;
  readonly #lines = new LogLines();
  /** Ids of instances or names of workers; empty: all. */
  #wanted: ReadonlySet<string> = new Set();
  #following = true;
  #wrap = false;
  #times = false;
  #search = '';
  /** The top line while the view does not follow. */
  #top = 0;
  #scrollX = 0;
  #height = 1;
  #started = false;
  #abort: AbortController | null = null;
  #problem: string | null = null;

  constructor(app: Shell) {
    this.#app = app;
  }

  /** Restricts the view to these instances or workers; empty: all. */
  only(ids: readonly string[]): void {
    this.#wanted = new Set(ids);
    this.#restart();
  }

  refresh(): void {
    if (!this.#started && this.#app.view === this) this.#restart();
  }

  targets(): readonly Target[] {
    return [];
  }

  draw(canvas: Canvas, {x, y, width, height}: Rect): void {
    this.#height = Math.max(1, height - 1);
    canvas.fill({x, y, width, height: 1}, 'heading');
    canvas.put(x, y, ` ${this.#titleLine()}`, 'heading', width, this.#app.glyphs.ellipsis);
    const prefix = this.#wanted.size === 1 && [...this.#wanted][0]?.includes('/') === true ? 0 : this.#idWidth();
    const rows = this.#rowsFor(width - prefix - (this.#times ? 9 : 0));
    if (rows.length === 0) canvas.put(x + 1, y + 1, this.#empty(), 'dim', width - 1);
    for (const [line, {of, text, first}] of rows.entries()) {
      let at = x;
      if (this.#times)
        at += canvas.put(at, y + 1 + line, first ? formatTime(of.at).slice(-8).padEnd(9) : ' '.repeat(9), 'dim');
      if (prefix > 0) {
        const id = first ? instanceId(of).padEnd(prefix - 1) : '';
        canvas.put(at, y + 1 + line, id, 'name', prefix - 1, this.#app.glyphs.ellipsis);
        at += prefix;
      }
      canvas.put(
        at,
        y + 1 + line,
        text,
        of.stream === 'err' ? 'warning' : 'plain',
        x + width - at,
        this.#wrap ? '' : this.#app.glyphs.ellipsis,
      );
      if (this.#search !== '') drawMatches(canvas, {x, y: y + 1 + line, width, height: 1}, this.#search);
    }
  }

  status(): string | null {
    const below = this.#lines.length - this.#top - this.#height;
    const parts = [
      this.#problem,
      this.#following ? null : `not following${below > 0 ? `, ${below} lines below` : ''} (f or End follows)`,
      this.#search === '' ? null : `search ${this.#search}`,
    ];
    return parts.filter(part => part !== null).join(', ') || null;
  }

  click(): void {
    this.#following = false;
  }

  wheel(by: number): void {
    this.#scroll(by * 3);
  }

  act(action: Action): boolean {
    const handler = this.#handlers[action];
    return handler !== undefined && handler() !== false;
  }

  readonly #handlers: Handlers = {
    up: () => this.#scroll(-1),
    down: () => this.#scroll(1),
    pageUp: () => this.#scroll(-this.#height),
    pageDown: () => this.#scroll(this.#height),
    home: () => this.#scroll(-Infinity),
    end: () => (this.#following = true),
    left: () => (this.#scrollX = Math.max(0, this.#scrollX - SCROLL_COLUMNS)),
    right: () => (this.#scrollX += SCROLL_COLUMNS),
    follow: () => {
      this.#following = !this.#following;
      if (!this.#following) this.#top = Math.max(0, this.#lines.length - this.#height);
    },
    wrap: () => {
      this.#wrap = !this.#wrap;
      this.#app.showMessage(this.#wrap ? 'long lines wrapped' : 'long lines truncated');
    },
    times: () => (this.#times = !this.#times),
    search: () => this.#askSearch(),
    searchNext: () => this.#searchNext(1),
    searchBack: () => this.#searchNext(-1),
    close: () => this.#clear(),
  };

  #searchNext(by: 1 | -1): void {
    if (this.#search === '') this.#askSearch();
    else this.#find(by);
  }

  close(): void {
    this.#abort?.abort();
  }

  #clear(): boolean {
    if (this.#search !== '') this.#search = '';
    else if (this.#wanted.size > 0) this.only([]);
    else return false;
    return true;
  }

  #titleLine(): string {
    const who = this.#wanted.size === 0 ? 'all workers' : [...this.#wanted].join(', ');
    const how = this.#following ? 'following' : 'NOT following';
    return `${who}: ${this.#lines.length} lines, ${how}`;
  }

  #empty(): string {
    return this.#app.world.fleet ? 'no output yet' : 'no logs without a fleet';
  }

  #idWidth(): number {
    let widest = 4;
    for (const {id} of this.#app.world.workers) widest = Math.max(widest, id.length);
    return Math.min(20, widest) + 1;
  }

  /** Returns the visible rows from the top; a wrapped line has several rows. */
  #rowsFor(width: number): readonly Row[] {
    const from = this.#following ? Math.max(0, this.#lines.length - this.#height) : this.#top;
    const lines = this.#lines.all.slice(from, from + this.#height);
    // A line may wrap to more rows than fit, so rows that are not visible are not built.
    if (this.#following) lines.reverse();
    const shown: Row[][] = [];
    let rows = 0;
    for (const of of lines) {
      if (rows >= this.#height) break;
      const made = this.#rowsOf(of, width);
      shown.push(made);
      rows += made.length;
    }
    if (!this.#following) return shown.flat().slice(0, this.#height);
    return shown.reverse().flat().slice(-this.#height);
  }

  #rowsOf(of: LogLine, width: number): Row[] {
    const text = screenText(of.line);
    if (!this.#wrap) return [{of, text: this.#scrollX > 0 ? text.slice(this.#scrollX) : text, first: true}];
    return wrapped(text, Math.max(1, width)).map((part, index) => ({of, text: part, first: index === 0}));
  }

  #scroll(by: number): void {
    const last = Math.max(0, this.#lines.length - this.#height);
    const from = this.#following ? last : this.#top;
    this.#top = Math.max(0, Math.min(last, from + by));
    this.#following = by > 0 && this.#top >= last;
  }

  #askSearch(): void {
    const prompt = new Prompt({
      label: 'Search: ',
      text: '',
      changed: text => (this.#search = text),
      done: text => {
        this.#search = text;
        if (text !== '') this.#find(-1);
      },
      cancelled: () => (this.#search = ''),
    });
    this.#app.open(prompt);
  }

  #find(by: 1 | -1): void {
    const wanted = this.#search.toLowerCase();
    const start = this.#following ? this.#lines.length - 1 : this.#top + by;
    for (let at = start; at >= 0 && at < this.#lines.length; at += by) {
      if (this.#lines.all[at]?.line.toLowerCase().includes(wanted) !== true) continue;
      this.#top = at;
      this.#following = false;
      return;
    }
    this.#app.showMessage(`not found ${by > 0 ? 'below' : 'above'}: ${this.#search}`, 'warning');
  }

  #restart(): void {
    this.#abort?.abort();
    this.#started = true;
    this.#lines.clear();
    this.#following = true;
    this.#problem = null;
    const {fleet} = this.#app.world;
    if (!fleet) return;
    const abort = new AbortController();
    this.#abort = abort;
    const wanted = ({worker, instance}: Instance): boolean =>
      this.#wanted.size === 0 || this.#wanted.has(worker) || this.#wanted.has(`${worker}/${instance}`);
    this.#follow(fleet.folder, wanted, abort.signal).catch((error: unknown) => {
      this.#problem = messageOf(error);
      this.#app.host.changed();
    });
  }

  async #follow(folder: string, wanted: (instance: Instance) => boolean, signal: AbortSignal): Promise<void> {
    const streams = openStreams(folder, loggedInstances(folder).filter(wanted));
    let taken = 0;
    // A worker that writes all the time must not block key input.
    const take = (line: LogLine): Promise<void> | undefined => {
      if (signal.aborted) return undefined;
      this.#addLine(line);
      return ++taken % BATCH === 0 ? new Promise(resolve => setImmediate(resolve)) : undefined;
    };
    await readLines(streams, {last: FIRST_LINES, since: null, signal}, take, 'leave');
    const onIdle = (): void => this.#app.host.changed();
    onIdle();
    await followLines({fleetFolder: folder, streams, wanted, signal, onIdle}, take);
  }

  #addLine(line: LogLine): void {
    this.#top = Math.max(0, this.#top - this.#lines.push(line));
  }
}

/** Splits a line into pieces of at most that width. */
function wrapped(text: string, width: number): string[] {
  if (widthOf(text) <= width) return [text];
  const parts: string[] = [];
  let part = '';
  let taken = 0;
  for (const cell of cellsOf(text)) {
    if (taken + cell.width > width) {
      parts.push(part);
      part = '';
      taken = 0;
    }
    part += cell.text;
    taken += cell.width;
  }
  return [...parts, part];
}
