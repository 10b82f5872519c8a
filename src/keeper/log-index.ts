/** Writes the time index beside a log file (logs/time-index.ts): in order, some time after the bytes that it is about. */
import {appendFile, writeFile} from 'node:fs/promises';
import type {LogDisk} from './log-disk.ts';

/** Lines that wait for a disk; beyond, some are left out, and what they were about has the time of the line before. */
const MOST_CHARACTERS = 64 * 1024;

export class LogIndex {
  readonly #path: string;
  readonly #disk: LogDisk;
  #lines = '';
  #isAsked = false;
  /** What is there is of other bytes. */
  #begins = false;

  constructor(path: string, disk: LogDisk) {
    this.#path = path;
    this.#disk = disk;
  }

  /** The log has no bytes: nor has its index any lines. */
  begin(): void {
    this.#lines = '';
    this.#begins = true;
  }

  /** From that byte on, they were moved at that time. */
  note(offset: number, at: number): void {
    if (this.#lines.length >= MOST_CHARACTERS) return;
    this.#lines += `${offset} ${at}\n`;
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#disk.run(() => this.write());
  }

  /** A piece of the disk's work: writes what waits. */
  async write(): Promise<void> {
    const lines = this.#lines;
    const begins = this.#begins;
    this.#lines = '';
    this.#isAsked = false;
    this.#begins = false;
    if (lines === '' && !begins) return;
    try {
      await (begins ? writeFile : appendFile)(this.#path, lines, {mode: 0o600});
    } catch {
      // The index may lag: the bytes are the truth, and their disk is the same one. Stale lines may not stay.
      if (begins) this.#begins = true;
    }
  }
}
