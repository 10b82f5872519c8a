/** `brood top` in a real pty, with a terminal emulator that provides cells, colours and modes. */
import {spawn, type IPty} from '@lydell/node-pty';
import xterm, {type IBufferCell, type Terminal as Emulator} from '@xterm/headless';
import {cli, project, until, type TestFleet} from '../end-to-end/harness.ts';

export interface ScreenOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly term?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Replaces `brood top`; run in the project's folder. */
  readonly command?: readonly [string, ...string[]];
}

/** Variables of the tester's environment that would change the display. */
const NOT_FOR_TERMINALS = new Set(['NO_COLOR', 'COLORTERM', 'FORCE_COLOR', 'TMUX', 'LC_ALL', 'LC_CTYPE']);

export class Screen {
  readonly #pty: IPty;
  readonly #emulator: Emulator;
  /** All output to the terminal. */
  sent = '';
  exitCode: number | null = null;

  constructor(fleet: TestFleet, args: readonly string[] = [], options: ScreenOptions = {}) {
    const {columns = 80, rows = 24, term = 'xterm-256color'} = options;
    const outer = Object.entries(fleet.env).filter(([name]) => !NOT_FOR_TERMINALS.has(name));
    const env = {...Object.fromEntries(outer), LANG: 'C.UTF-8', TERM: term, ...options.env};
    this.#emulator = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, scrollback: 0});
    const [program, ...rest] = options.command ?? [process.execPath, cli, 'top', ...args];
    const cwd = options.command ? project : fleet.folder;
    this.#pty = spawn(program, rest, {name: term, cols: columns, rows, cwd, env});
    this.#pty.onData(data => {
      this.sent += data;
      this.#emulator.write(data);
    });
    this.#pty.onExit(({exitCode}) => (this.exitCode = exitCode));
    // The emulator's responses to queries are returned, as by a real terminal.
    this.#emulator.onData(data => this.#pty.write(data));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  get columns(): number {
    return this.#emulator.cols;
  }

  /** Returns the displayed lines, without trailing blanks. */
  lines(): string[] {
    const {active} = this.#emulator.buffer;
    return Array.from(
      {length: this.#emulator.rows},
      (_, y) => active.getLine(active.baseY + y)?.translateToString(true) ?? '',
    );
  }

  text(): string {
    return this.lines().join('\n');
  }

  cell(x: number, y: number): IBufferCell | undefined {
    const {active} = this.#emulator.buffer;
    return active.getLine(active.baseY + y)?.getCell(x);
  }

  /** Returns the first position of a text, or null. */
  find(text: string): {x: number; y: number} | null {
    for (const [y, line] of this.lines().entries()) {
      const x = line.indexOf(text);
      if (x >= 0) return {x, y};
    }
    return null;
  }

  /** Returns the current modes of the terminal. */
  modes(): {alternate: boolean; cursor: boolean; mouse: string} {
    const {buffer, modes} = this.#emulator;
    // The emulator does not report the visibility of the cursor: the last request counts.
    const shown = this.sent.lastIndexOf('\x1b[?25h');
    const hidden = this.sent.lastIndexOf('\x1b[?25l');
    return {alternate: buffer.active.type === 'alternate', cursor: shown >= hidden, mouse: modes.mouseTrackingMode};
  }

  sees(what: RegExp, ms?: number): Promise<RegExpExecArray> {
    return until(`the screen to show ${what}:\n${this.text()}`, () => what.exec(this.text()), ms).catch(
      (error: unknown) => {
        throw new Error(`${error instanceof Error ? error.message : String(error)}\nit shows:\n${this.text()}`, {
          cause: error,
        });
      },
    );
  }

  async seesNot(what: RegExp): Promise<void> {
    await until(`the screen not to show ${what}`, () => !what.test(this.text()));
  }

  /** Sends keys as a keyboard does. */
  type(...keys: readonly string[]): void {
    for (const key of keys) this.#pty.write(SEQUENCES[key] ?? key);
  }

  /** Sends any bytes in one write. */
  write(bytes: string): void {
    this.#pty.write(bytes);
  }

  /** Writes to the terminal in place of another program. */
  scribble(bytes: string): void {
    this.#emulator.write(bytes);
  }

  resize(columns: number, rows: number): void {
    this.#emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal: string): void {
    this.#pty.kill(signal);
  }

  exited(ms?: number): Promise<number> {
    return until('brood top to have ended', () => this.exitCode !== null && {code: this.exitCode}, ms).then(
      ({code}) => code,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.exitCode === null) {
      this.#pty.kill('SIGKILL');
      await this.exited();
    }
    this.#emulator.dispose();
  }
}

/** The sequences that terminals of the xterm family send for these keys. */
export const SEQUENCES: Readonly<Record<string, string>> = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  pageup: '\x1b[5~',
  pagedown: '\x1b[6~',
  f1: '\x1bOP',
  f3: '\x1bOR',
  f4: '\x1bOS',
  f5: '\x1b[15~',
  f6: '\x1b[17~',
  f7: '\x1b[18~',
  f8: '\x1b[19~',
  f9: '\x1b[20~',
  f10: '\x1b[21~',
  tab: '\t',
  'S-tab': '\x1b[Z',
  enter: '\r',
  escape: '\x1b',
  space: ' ',
  backspace: '\x7f',
  'C-c': '\x03',
  'C-b': '\x02',
  'C-f': '\x06',
};
