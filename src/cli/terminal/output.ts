/**
 * stdout and stderr: buffers writes, waits for a full pipe, ignores a closed one. Untrusted text reaches a terminal, or
 * a pipe that may end in one, only through this class: lines and JSON are sanitized; `exact` is for output that is
 * documented to stay as it was written.
 */
import {jsonOf} from '../../text/json.ts';
import {paintedLine, paintedLines, plainLine, plainLines} from '../../text/sanitize.ts';
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
    // EPIPE: `head` has read enough; EIO: the terminal was closed. Neither is worth a message.
    stream.on('error', () => this.#gone.abort());
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY;
  }

  /** The columns of the terminal; null if there is no terminal, and so no limit. */
  get columns(): number | null {
    if (!this.isTerminal) return null;
    const {columns} = this.#stream;
    return columns > 0 ? columns : 80;
  }

  /** Aborted when the reader is gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /**
   * Writes exactly one line, whatever names it contains. Lines are buffered; {@link flush} writes them, and so does the
   * end of the program.
   */
  line(text = ''): void {
    this.exactLine(this.#cleanLine(text));
  }

  /** Writes several lines. Untrusted text in them must not contain newlines any more. */
  lines(text: string): void {
    this.exactLine(this.#cleanLines(text));
  }

  /** Writes a JSON document as one line. */
  json(value: unknown): void {
    this.exactLine(jsonOf(value));
  }

  /** Writes a line of a worker's output unchanged: for a pipe, or sanitized by the caller in another way. */
  exactLine(text: string): void {
    this.#gathered += text + '\n';
    if (this.#gathered.length >= GATHER_BYTES) this.flush();
  }

  /** Whether the reader is so far behind that further writes should wait for {@link drained}. */
  get full(): boolean {
    return this.#stream.writableNeedDrain && !this.#gone.signal.aborted;
  }

  flush(): void {
    if (this.#gathered !== '') this.#write(this.#gathered);
    this.#gathered = '';
  }

  /** Writes bytes of a worker's output unchanged. */
  exact(bytes: Uint8Array): void {
    this.#write(bytes);
  }

  /** Replaces the text of the last {@link redraw}; an empty text erases it. */
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
