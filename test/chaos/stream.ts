/**
 * Follows one stream of one instance on disk, through rotation, compression and removal, as an outside reader would
 * (src/logs/layout.ts describes the files). Holds the current file open, so nothing of it can be missed.
 */
import {closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {gunzipSync} from 'node:zlib';
import {Numbering} from './numbering.ts';

const CHUNK_BYTES = 1024 * 1024;
const buffer = Buffer.allocUnsafe(CHUNK_BYTES);

interface Current {
  readonly fd: number;
  readonly inode: number;
  offset: number;
}

export class FollowedStream {
  readonly numbering = new Numbering();
  readonly #folder: string;
  readonly #stream: 'out' | 'err';
  #current: Current | null = null;
  /** The highest number of a rotated file read so far. */
  #sequence = 0;
  bytes = 0;

  constructor(folder: string, stream: 'out' | 'err') {
    this.#folder = folder;
    this.#stream = stream;
  }

  /**
   * Reads new output. Throws if a file was rotated and removed before it was read, which makes a judgement impossible.
   *
   * @param last the stream has ended
   */
  poll(last = false): void {
    const held = this.#current;
    const inode = statSync(this.#path, {throwIfNoEntry: false})?.ino ?? null;
    if (held) this.#read(held);
    if (inode === (held?.inode ?? null) && (held !== null || !last)) return;
    // The file was renamed before the stat, so the first read had all of it except what was written in between.
    if (held) this.#read(held);
    for (;;) {
      const before = this.#rotated();
      const next = this.#open();
      const rotated = this.#rotated();
      if (before.at(-1) !== rotated.at(-1) || (held !== null && rotated.length === 0)) {
        if (next) closeSync(next.fd);
        if (rotated.length === 0) return; // Renamed, and its new name is not visible yet: the old file is still held.
        continue;
      }
      this.#catchUp(held, rotated);
      this.#current = next;
      if (next) this.#read(next);
      return;
    }
  }

  close(): void {
    if (this.#current) closeSync(this.#current.fd);
    this.#current = null;
  }

  get #path(): string {
    return join(this.#folder, `${this.#stream}.log`);
  }

  #open(): Current | null {
    try {
      const fd = openSync(this.#path, 'r');
      return {fd, inode: fstatSync(fd).ino, offset: 0};
    } catch {
      return null;
    }
  }

  #read(current: Current): void {
    for (;;) {
      const got = readSync(current.fd, buffer, 0, CHUNK_BYTES, current.offset);
      if (got === 0) return;
      current.offset += got;
      this.bytes += got;
      this.numbering.push(buffer.subarray(0, got));
    }
  }

  /** Returns the numbers of new rotated files, in ascending order. */
  #rotated(): number[] {
    let names: string[];
    try {
      names = readdirSync(this.#folder);
    } catch {
      return [];
    }
    const found = new Set<number>();
    for (const name of names) {
      const match = /^(out|err)\.(\d{8,})\.log(?:\.gz)?$/.exec(name);
      if (match?.[1] === this.#stream && Number(match[2]) > this.#sequence) found.add(Number(match[2]));
    }
    return [...found].sort((a, b) => a - b);
  }

  #catchUp(held: Current | null, rotated: readonly number[]): void {
    for (const [index, sequence] of rotated.entries()) {
      // A worker writes to one stream only, so the numbers have no gap.
      if (sequence !== this.#sequence + 1)
        throw new Error(`${this.#path}: rotated file ${this.#sequence + 1} was removed before it was read`);
      if (index > 0 || !held) this.numbering.push(this.#whole(sequence));
      this.#sequence = sequence;
    }
    if (held) closeSync(held.fd);
  }

  #whole(sequence: number): Buffer {
    const path = join(this.#folder, `${this.#stream}.${String(sequence).padStart(8, '0')}.log`);
    try {
      return readFileSync(path);
    } catch {
      return gunzipSync(readFileSync(`${path}.gz`));
    }
  }
}
