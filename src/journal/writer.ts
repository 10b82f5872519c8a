/**
 * Writes the journal: one JSON object a line for each event, rotated. The journal explains and is not needed for
 * recovery, so a full disk costs lines and nothing else; the first line that can be written again reports how many were
 * lost.
 *
 * Lines are written after the commit of the state that they describe, and that commit contains them until they are
 * written. If a controller is killed in between, its successor writes them, so each line is written once.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
  type Stats,
} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {checkJournal} from './repair.ts';
import {journalPath} from './layout.ts';
import {lastRecords, parseRecord} from './read.ts';
import type {JournalEvent} from './events.ts';
import type {EventRecord} from './record.ts';
import {shortened} from './text.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const KEEP = 4;

const {O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK} = constants;
const OPEN = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK;

const ROTATED = /^journal\.(\d{8,})\.jsonl$/;

/** Returns the stats of a path, or undefined if nothing is there or the path can't be reached. */
function statsAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, {throwIfNoEntry: false});
  } catch {
    return undefined;
  }
}

interface Pending {
  readonly record: EventRecord;
  readonly line: string;
}

export class Journal {
  readonly #folder: string;
  readonly #path: string;
  readonly #announce: (record: EventRecord) => void;
  #pending: Pending[] = [];
  #lost = 0;
  #fd: number | null = null;
  #size = 0;
  #seq = 0;
  #told = 0;

  /** @param announce called for each record after it was written, or could not be written */
  constructor(folder: string, announce: (record: EventRecord) => void) {
    this.#folder = folder;
    this.#path = journalPath(folder);
    this.#announce = announce;
  }

  /** The number of the last record. */
  get seq(): number {
    return this.#seq;
  }

  /** The number of the last record that was announced. */
  get told(): number {
    return this.#told;
  }

  /** Lines that were added and are not written yet. */
  get unwritten(): string {
    return this.#pending.map(({line}) => line).join('');
  }

  /**
   * Continues the journal after its last number or `seq`, whichever is higher, and adds those `unwritten` lines that it
   * does not contain. A torn last line is cut off. A file with other damage is rotated unchanged. Both are reported as
   * `repaired`.
   */
  open(seq: number, unwritten = ''): void {
    const repairs: string[] = [];
    const last = this.#repair(repairs);
    this.#seq = Math.max(seq, last);
    this.#told = this.#seq;
    for (const text of unwritten.split('\n')) {
      const record = parseRecord(text);
      if (record === null || record.seq <= last) continue;
      this.#seq = Math.max(this.#seq, record.seq);
      this.#pending.push({record, line: `${text}\n`});
    }
    for (const message of repairs) this.add({type: 'repaired', what: 'journal', message}, Date.now());
  }

  add(event: JournalEvent, at: number): void {
    const record = shortened({seq: ++this.#seq, at: new Date(at).toISOString(), ...event});
    this.#pending.push({record, line: `${JSON.stringify(record)}\n`});
  }

  /** Writes the pending lines in one write, then announces their records. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#pending;
    const bytes = Buffer.from(this.unwritten);
    this.#pending = [];
    let again = false;
    const found = this.repairFile();
    try {
      this.#write(bytes);
      again = this.#lost > 0;
      if (this.#size > MAX_BYTES) this.#rotate();
    } catch {
      this.#lost += pending.length;
      this.#close();
    }
    for (const {record} of pending) {
      this.#told = record.seq;
      this.#announce(record);
    }
    if (again) this.#sayLost();
    if (found !== null) {
      this.add({type: 'repaired', what: 'journal', message: found}, Date.now());
      this.flush();
    }
  }

  /**
   * Compares the open file with the file at the path. If that was removed or replaced, the next lines go to the file at
   * the path, or to a new one. Returns a description of the change, or null if there is none.
   */
  repairFile(): string | null {
    if (this.#fd === null) return null;
    const open = fstatSync(this.#fd);
    const there = statsAt(this.#path);
    if (there?.ino === open.ino && there.dev === open.dev) {
      if (open.size >= this.#size) return null;
      const lost = this.#size - open.size;
      this.#size = open.size;
      return `it was truncated by ${lost} bytes: the events in them are lost`;
    }
    this.#close();
    return there === undefined
      ? 'its file was removed: the events in it are lost'
      : 'its file was replaced by another file: new events are written there';
  }

  #sayLost(): void {
    const lost = this.#lost;
    this.add({type: 'repaired', what: 'journal', message: `${lost} events could not be written`}, Date.now());
    this.#lost = 0;
    this.flush();
    if (this.#lost > 0) this.#lost = lost;
  }

  /** Cuts off a torn line and rotates a damaged file. Returns the last number in the files. */
  #repair(repairs: string[]): number {
    try {
      const fd = this.#file();
      const {seq, whole, torn, damaged} = checkJournal(fd);
      if (torn > 0) {
        ftruncateSync(fd, whole);
        this.#size = whole;
        repairs.push(`its last line was incomplete: ${torn} bytes were cut off`);
      }
      if (damaged > 0) {
        const name = this.#rotate();
        repairs.push(`${damaged === 1 ? 'a line' : `${damaged} lines`} can't be read; kept in ${name}`);
      }
      return seq > 0 ? seq : (lastRecords(this.#folder, 1)[0]?.seq ?? 0);
    } catch {
      // The disk is full or not readable: the first line that can be written will report lost ones.
      return 0;
    }
  }

  #write(bytes: Buffer): void {
    const fd = this.#file();
    const {size} = fstatSync(fd);
    let at = 0;
    try {
      while (at < bytes.length) at += writeSync(fd, bytes, at);
    } catch (error) {
      // Half a line would be damage. If another writer has appended behind it, the file is left as it is.
      if (at > 0 && fstatSync(fd).size === size + at) ftruncateSync(fd, size);
      throw error;
    }
    this.#size = size + at;
  }

  #file(): number {
    if (this.#fd === null) {
      this.#fd = openSync(this.#path, OPEN, 0o600);
      this.#size = fstatSync(this.#fd).size;
    }
    return this.#fd;
  }

  #close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  /** Rotates the current file. Returns its new name. */
  #rotate(): string {
    const folder = dirname(this.#path);
    const sequences = readdirSync(folder)
      .map(name => Number(ROTATED.exec(name)?.[1] ?? 0))
      .filter(sequence => sequence > 0)
      .sort((a, b) => a - b);
    const name = (sequence: number): string =>
      `${basename(this.#path, '.jsonl')}.${String(sequence).padStart(8, '0')}.jsonl`;
    const rotated = name((sequences.at(-1) ?? 0) + 1);
    renameSync(this.#path, join(folder, rotated));
    for (const sequence of sequences.slice(0, Math.max(0, sequences.length + 1 - KEEP)))
      rmSync(join(folder, name(sequence)), {force: true});
    this.#close();
    return rotated;
  }
}
