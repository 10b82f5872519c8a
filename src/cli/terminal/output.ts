/**
 * stdout and stderr: gathered writes, a full pipe waited for, a closed one taken quietly. Text of others reaches a terminal,
 * or a pipe that may end in one, through here only: lines and JSON are cleaned, `exact` is for output that is documented to
 * stay as it was written.
 */
import {jsonOf} from '../../words/json.ts';
import {paintedLine, paintedLines, plainLine, plainLines} from '../../words/sanitize.ts';
import {createPaint, wantsColor, type Paint} from './paint.ts';

const GATHER_BYTES = 64 * 1024;

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #gone = new AbortController();
  readonly paint: Paint;
  readonly #cleanLine: (text: string) => string;
  readonly #cleanLines: (text: string) => string;
  #gathered = '';

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, noColor: boolean) {
    this.#stream = stream;
    const colored = wantsColor(this.isTerminal, env, noColor);
    this.paint = createPaint(colored);
    this.#cleanLine = colored ? paintedLine : plainLine;
    this.#cleanLines = colored ? paintedLines : plainLines;
    // EPIPE: `head` has seen enough; EIO: the terminal was closed. Both are no news to anybody.
    stream.on('error', () => this.#gone.abort());
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY;
  }

  /** Columns of the terminal; null where there is none, and nothing has to fit. */
  get columns(): number | null {
    if (!this.isTerminal) return null;
    const {columns} = this.#stream;
    return columns > 0 ? columns : 80;
  }

  /** Aborted when nobody reads any more. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Writes a line, and no more than one, whatever names are in it. Lines are gathered; {@link flush} sends them, and so does the
   * end of the program.
   */
  line(text = ''): void {
    this.exactLine(this.#cleanLine(text));
  }

  /** Writes several lines: what others wrote is in them only where it can't hold a newline any more. */
  lines(text: string): void {
    this.exactLine(this.#cleanLines(text));
  }

  /** Writes a JSON document on a line. */
  json(value: unknown): void {
    this.exactLine(jsonOf(value));
  }

  /** Writes a line of a worker's output, as it is: for a pipe, or cleaned by the caller in another way. */
  exactLine(text: string): void {
    this.#gathered += text + '\n';
    if (this.#gathered.length >= GATHER_BYTES) this.flush();
  }

  /** Whether a reader is so far behind that writing more should wait for {@link drained}. */
  get full(): boolean {
    return this.#stream.writableNeedDrain && !this.#gone.signal.aborted;
  }

  flush(): void {
    if (this.#gathered !== '') this.#write(this.#gathered);
    this.#gathered = '';
  }

  /** Writes bytes of a worker's output, as they are. */
  exact(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  /** Writes over what {@link redraw} wrote last; nothing: takes it away. */
  redraw(text: string): void {
    this.#write(`\r\x1b[K${this.#cleanLine(text)}`);
  }

  #write(bytes: string | Uint8Array): void {
    if (!this.#gone.signal.aborted) this.#stream.write(bytes);
  }

  /** Waits until the reader has caught up, or is gone. */
  async drained(): Promise<void> {
    this.flush();
    if (!this.full) return;
    await new Promise<void>(resolve => {
      const done = (): void => {
        this.#stream.off('drain', done);
        this.gone.removeEventListener('abort', done);
        resolve();
      };
      this.#stream.on('drain', done);
      this.gone.addEventListener('abort', done);
    });
  }
}
