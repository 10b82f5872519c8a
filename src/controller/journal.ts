/**
 * The journal: one JSON object a line of what happened, rotated. It explains and is not needed to recover, so a disk
 * that is full costs lines and nothing else; how many is said by the first line that can be written again.
 */
import {closeSync, fstatSync, openSync, readdirSync, readSync, renameSync, rmSync, writeSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {inFolder} from '../control/folder.ts';
import type {EventRecord} from '../control/messages.ts';
import type {JournalEvent} from '../supervisor/types.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const KEEP = 4;
const TAIL_BYTES = 64 * 1024;
const NEWLINE = 10;

const ROTATED = /^journal\.(\d{8,})\.jsonl$/;

/** The last whole line's number in the tail of a file, and whether the file ends in the middle of a line. */
function readTail(fd: number): {seq: number; torn: boolean} {
  const {size} = fstatSync(fd);
  const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
  const got = readSync(fd, buffer, 0, buffer.length, size - buffer.length);
  const torn = got > 0 && buffer[got - 1] !== NEWLINE;
  for (const line of buffer.toString('utf8', 0, got).split('\n').reverse()) {
    const seq = /^\{"seq":(\d+),.*\}$/.exec(line)?.[1];
    if (seq !== undefined) return {seq: Number(seq), torn};
  }
  return {seq: 0, torn};
}

export class Journal {
  readonly #path: string;
  readonly #announce: (record: EventRecord) => void;
  #pending: string[] = [];
  #lost = 0;
  #fd: number | null = null;
  #size = 0;
  #seq = 0;

  /** `announce` is called for each record, written or not. */
  constructor(folder: string, announce: (record: EventRecord) => void) {
    this.#path = inFolder.journal(folder);
    this.#announce = announce;
  }

  /** The number of the last record. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes up the journal where it ended, but not below `seq`; a torn last line is closed, and that is said. */
  open(seq: number): void {
    this.#seq = seq;
    let torn = false;
    try {
      const fd = this.#file();
      const tail = readTail(fd);
      this.#seq = Math.max(seq, tail.seq);
      torn = tail.torn;
    } catch {
      // The disk is full or not readable: the first line that can be written will say that some are missing.
    }
    if (torn) {
      this.#pending.push('');
      this.add({type: 'repaired', what: 'journal', message: 'its last line was torn and is left as it is'}, Date.now());
    }
  }

  add(event: JournalEvent, at: number): void {
    const record: EventRecord = {seq: ++this.#seq, at: new Date(at).toISOString(), ...event};
    this.#pending.push(JSON.stringify(record));
    this.#announce(record);
  }

  /** Writes what was added since, in one call. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const lines = this.#pending;
    this.#pending = [];
    const bytes = Buffer.from(lines.map(line => `${line}\n`).join(''));
    try {
      const fd = this.#file();
      if (this.#lost > 0) this.#sayLost(fd);
      for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
      this.#size += bytes.length;
      if (this.#size > MAX_BYTES) this.#rotate();
    } catch {
      this.#lost += lines.length;
      this.#close();
    }
  }

  #sayLost(fd: number): void {
    const message = `${this.#lost} events could not be written`;
    const record = {seq: ++this.#seq, at: new Date().toISOString(), type: 'repaired', what: 'journal', message};
    // The line before may have been cut off in the middle.
    writeSync(fd, `\n${JSON.stringify(record)}\n`);
    this.#lost = 0;
  }

  #file(): number {
    if (this.#fd === null) {
      this.#fd = openSync(this.#path, 'a+', 0o600);
      this.#size = fstatSync(this.#fd).size;
    }
    return this.#fd;
  }

  #close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #rotate(): void {
    const folder = dirname(this.#path);
    const sequences = readdirSync(folder)
      .map(name => Number(ROTATED.exec(name)?.[1] ?? 0))
      .filter(sequence => sequence > 0)
      .sort((a, b) => a - b);
    const name = (sequence: number): string =>
      join(folder, `${basename(this.#path, '.jsonl')}.${String(sequence).padStart(8, '0')}.jsonl`);
    renameSync(this.#path, name((sequences.at(-1) ?? 0) + 1));
    for (const sequence of sequences.slice(0, Math.max(0, sequences.length + 1 - KEEP)))
      rmSync(name(sequence), {force: true});
    this.#close();
  }
}
