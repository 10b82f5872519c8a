/** The starts that workers have recorded. */
import {closeSync, fstatSync, openSync, readSync, writeFileSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';

export interface Beat {
  readonly name: string;
  readonly pid: number;
  /** CLOCK_MONOTONIC, the clock of `process.hrtime`. */
  readonly ns: bigint;
}

const POLL_MS = 5;

/** The workers' log, read incrementally: rereading all of it would distort the measurement. */
export class Pulse {
  readonly beats: Beat[] = [];
  readonly #fd: number;
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    writeFileSync(path, '');
    this.#fd = openSync(path, 'r');
  }

  #read(): void {
    const size = fstatSync(this.#fd).size;
    if (size === this.#offset) return;
    const buffer = Buffer.alloc(size - this.#offset);
    this.#offset += readSync(this.#fd, buffer, 0, buffer.length, this.#offset);
    const lines = (this.#rest + buffer.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [name = '', pid, ns] = line.split(' ');
      this.beats.push({name, pid: Number(pid), ns: BigInt(ns ?? 0)});
    }
  }

  /** Waits for a beat after the first `since` that satisfies `is`. Returns null after `ms`. */
  async first(since: number, is: (beat: Beat) => boolean, ms: number): Promise<Beat | null> {
    const end = performance.now() + ms;
    for (;;) {
      this.#read();
      const found = this.beats.slice(since).find(is);
      if (found || performance.now() > end) return found ?? null;
      await delay(POLL_MS);
    }
  }

  /** Returns the time of the latest of the first `count` beats, or null if there are fewer after `ms`. */
  async all(count: number, ms: number): Promise<bigint | null> {
    const end = performance.now() + ms;
    for (;;) {
      this.#read();
      const first = this.beats.slice(0, count);
      if (first.length === count) return first.reduce((last, {ns}) => (ns > last ? ns : last), 0n);
      if (performance.now() > end) return null;
      await delay(POLL_MS);
    }
  }

  /** Returns the last recorded pid of each name. */
  current(): Map<string, number> {
    this.#read();
    return new Map(this.beats.map(({name, pid}) => [name, pid]));
  }

  close(): void {
    closeSync(this.#fd);
  }
}
