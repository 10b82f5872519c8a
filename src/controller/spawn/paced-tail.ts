/**
 * The end of what a program writes. It is read at a pace: whoever writes faster waits, as for any reader that is slow, and costs this
 * process no more. A program that says much and then its reason is read to its end all the same.
 */
import type {Readable} from 'node:stream';

/** So much is kept. */
const TAIL_BYTES = 16 * 1024;
/** So much is read as fast as it comes. */
const FREE_BYTES = 16 * 1024 * 1024;
/** And then so much in each of these times. */
const SHARE_BYTES = 512 * 1024;
const SHARE_MS = 100;
/** What comes in small pieces is let gather, since each costs as much as a large one: so long for so many, and longer then. */
const LARGE_BYTES = 32 * 1024;
const GATHER_MS = 2;
const FREE_PIECES = 1000;
const LATER_MS = 20;
/** What may be in the pipe when its program has ended (`net.core.wmem_default` is a fifth of it). */
const REST_BYTES = 1024 * 1024;

export class PacedTail {
  readonly #stream: Readable;
  #tail = Buffer.alloc(0);
  #budget = FREE_BYTES;
  #pieces = 0;
  #isEnding = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#addChunk(chunk));
    stream.once('close', () => clearTimeout(this.#timer ?? undefined));
  }

  /** Whole but for what was before, and may begin within a character. */
  get text(): string {
    return this.#tail.toString('utf8');
  }

  /** Its program has ended: what that has written is there to be read, and whoever else writes is not waited for. */
  end(): void {
    this.#isEnding = true;
    this.#budget = REST_BYTES;
    clearTimeout(this.#timer ?? undefined);
    this.#stream.resume();
  }

  #addChunk(chunk: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    this.#budget -= chunk.length;
    if (this.#isEnding) {
      if (this.#budget <= 0) this.#stream.pause();
    } else if (this.#budget <= 0) this.#rest(SHARE_MS, SHARE_BYTES);
    else if (chunk.length < LARGE_BYTES) this.#rest(++this.#pieces <= FREE_PIECES ? GATHER_MS : LATER_MS, 0);
  }

  #rest(ms: number, share: number): void {
    this.#stream.pause();
    this.#timer = setTimeout(() => {
      this.#budget += share;
      this.#stream.resume();
    }, ms);
  }
}
