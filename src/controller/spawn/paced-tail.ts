/**
 * The end of what a program writes. It is read at a limited rate: a program that writes faster blocks, as with any slow
 * reader, and costs this process no more. A program that writes much and then its reason is still read to its end.
 */
import type {Readable} from 'node:stream';

/** Bytes that are kept. */
const TAIL_BYTES = 16 * 1024;
/** Bytes that are read at full speed. */
const FREE_BYTES = 16 * 1024 * 1024;
/** Bytes that are then read per interval. */
const SHARE_BYTES = 512 * 1024;
const SHARE_MS = 100;
/**
 * Small pieces gather first, since each costs as much as a large one: GATHER_MS for each of FREE_PIECES, then LATER_MS.
 */
const LARGE_BYTES = 32 * 1024;
const GATHER_MS = 2;
const FREE_PIECES = 1000;
const LATER_MS = 20;
/** Most bytes left in the pipe when the program has ended (`net.core.wmem_default` is a fifth of it). */
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

  /** The kept end of the output, which may begin within a character. */
  get text(): string {
    return this.#tail.toString('utf8');
  }

  /** Called when the program has ended: reads what it has left in the pipe, and does not wait for other writers. */
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
