/** The terminal: entered, drawn to, read from, and restored, however the program ends. */
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {PassThrough} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import type {ReadStream, WriteStream} from 'node:tty';
import type blessedModule from 'blessed';
import type {Mouse, Program, Screen} from 'blessed';
import type {Canvas} from './canvas.ts';
import {SequenceCutter} from './input.ts';
import {keyName} from './keys-of.ts';
import {attributes, type Depth} from './styles.ts';

export interface TerminalOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly depth: Depth;
  readonly unicode: boolean;
  readonly key: (name: string) => void;
  readonly mouse: (event: Mouse) => void;
  readonly resize: () => void;
  /** Called when the other end is closed. */
  readonly hangup: () => void;
}

/** Terminals without an alternate screen. The former content is lost anyway, but the screen is cleared at the end. */
const WITHOUT_SECOND_SCREEN = /^(linux|vt)/;

export class Terminal {
  readonly #options: TerminalOptions;
  readonly #front = new PassThrough();
  readonly #program: Program;
  readonly #screen: Screen;
  readonly #attributes: Int32Array;
  readonly #onData: (chunk: Buffer) => void;
  readonly #onEnd: () => void;
  #mouseOn = false;
  #closed = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#attributes = attributes(options.depth);
    const {input, output, unicode} = options;
    // All current terminals support these modes.
    options.env['BLESSED_FORCE_MODES'] = 'SGRMOUSE=1,VT200MOUSE=1,CELLMOTION=1';
    const require = createRequire(import.meta.url);
    const blessed = require('blessed') as typeof blessedModule;
    this.#program = blessed.program({
      input: this.#front,
      output,
      tput: false,
      buffer: true,
      zero: true,
      forceUnicode: unicode,
    });
    // blessed's own terminal description: blessed can't parse current ones, and prints its misreading. Set here, since
    // the constructor would convert the path to lower case.
    this.#program._terminal = terminfo(dirname(require.resolve('blessed/package.json')));
    this.#program.setupTput();
    const quiet = withoutNewListeners(['SIGTERM', 'SIGINT', 'SIGQUIT', 'uncaughtException']);
    this.#screen = blessed.screen({program: this.#program, smartCSR: false, fullUnicode: false, forceUnicode: unicode});
    quiet();
    // UTF-8 terminals lack the alternate character set for line drawing, and the ASCII glyphs need none.
    this.#screen.tput.brokenACS = true;
    // This class draws everything; blessed only allocates the memory after a resize.
    this.#screen.render = () => undefined;
    const cutter = new SequenceCutter(
      sequence => this.#front.write(sequence),
      (action, ms) => {
        const timer = setTimeout(action, ms);
        return () => clearTimeout(timer);
      },
    );
    const decoder = new StringDecoder('utf8');
    this.#onData = chunk => cutter.push(decoder.write(chunk));
    this.#onEnd = () => options.hangup();
    this.#program.on('keypress', (character: string | undefined, key: Parameters<typeof keyName>[1]) => {
      const name = keyName(character, key);
      if (name !== null && !this.#closed) options.key(name);
    });
    this.#program.on('mouse', (event: Mouse) => options.mouse(event));
    this.#program.on('resize', () => options.resize());
    input.setRawMode(true);
    input.on('data', this.#onData);
    input.on('end', this.#onEnd);
    input.on('error', this.#onEnd);
    output.on('error', this.#onEnd);
    this.#program.flush();
  }

  get width(): number {
    return Math.max(1, this.#program.cols);
  }

  get height(): number {
    return Math.max(1, this.#program.rows);
  }

  get mouse(): boolean {
    return this.#mouseOn;
  }

  /** Turns mouse reports on or off; without them the terminal itself selects and copies text. */
  set mouse(on: boolean) {
    if (on === this.#mouseOn) return;
    this.#mouseOn = on;
    if (on) this.#program.enableMouse();
    else this.#program.disableMouse();
    this.#program.flush();
  }

  /** Sends the differences to the terminal's content. */
  present(canvas: Canvas): void {
    if (this.#closed) return;
    const {lines} = this.#screen;
    for (let y = 0; y < Math.min(canvas.height, lines.length); y++) {
      const line = lines[y];
      if (!line) continue;
      for (let x = 0; x < Math.min(canvas.width, line.length); x++) {
        const cell = line[x];
        const at = y * canvas.width + x;
        if (!cell) continue;
        const attribute = this.#attributes[canvas.styles[at] ?? 0] ?? 0;
        const character = canvas.text[at] ?? ' ';
        if (cell[0] === attribute && cell[1] === character) continue;
        cell[0] = attribute;
        cell[1] = character;
        line.dirty = true;
      }
    }
    this.#screen.draw(0, lines.length - 1);
    if (canvas.cursor) {
      this.#program.move(canvas.cursor.x, canvas.cursor.y);
      this.#program.showCursor();
    } else this.#program.hideCursor();
    this.#program.flush();
  }

  /** Whether the terminal is behind with its output: another frame would only wait as well. */
  get isBehind(): boolean {
    return this.#options.output.writableNeedDrain;
  }

  /** Resends everything at the next {@link present}: another program may have written to the terminal. */
  invalidate(): void {
    this.#screen.realloc();
  }

  /** Restores the terminal. May be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const {input, env} = this.#options;
    input.off('data', this.#onData);
    input.off('end', this.#onEnd);
    this.mouse = false;
    if (WITHOUT_SECOND_SCREEN.test(env['TERM'] ?? '')) this.#program.write('\x1b[0m\x1b[2J\x1b[H');
    this.#screen.destroy();
    this.#program.destroy();
    try {
      input.setRawMode(false);
    } catch {
      // The terminal is gone.
    }
    input.pause();
  }
}

/**
 * blessed listens to signals and exits with 0 if it has the only listener at that moment, but must not decide how the
 * program ends. Returns a function that removes the listeners added meanwhile.
 */
function withoutNewListeners(names: readonly string[]): () => void {
  const before = new Map(names.map(name => [name, new Set(process.listeners(name as NodeJS.Signals))]));
  return () => {
    for (const [name, known] of before) {
      for (const listener of process.listeners(name as NodeJS.Signals)) {
        if (!known.has(listener)) process.removeListener(name, listener);
      }
    }
  };
}

function terminfo(folder: string): string {
  const path = join(folder, 'usr', 'xterm-256color');
  if (!existsSync(path)) throw new Error(`blessed's description of terminals is missing: ${path}`);
  return path;
}
