/** stdout and stderr: gathered writes, a full pipe waited for, a closed one taken quietly. */
import {createPaint, type Paint} from './paint.ts';

const GATHER_BYTES = 64 * 1024;

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #gone = new AbortController();
  readonly paint: Paint;
  #gathered = '';

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, noColor: boolean) {
    this.#stream = stream;
    this.paint = createPaint(this.isTerminal, env, noColor);
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

  /** Writes a line. Lines are gathered; {@link flush} sends them, and so does the end of the program. */
  line(text = ''): void {
    this.#gathered += text + '\n';
    if (this.#gathered.length >= GATHER_BYTES) this.flush();
  }

  /** Whether a reader is so far behind that writing more should wait for {@link drained}. */
  get full(): boolean {
    return this.#stream.writableNeedDrain && !this.#gone.signal.aborted;
  }

  flush(): void {
    if (this.#gathered !== '') this.write(this.#gathered);
    this.#gathered = '';
  }

  write(bytes: string | Uint8Array): void {
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
