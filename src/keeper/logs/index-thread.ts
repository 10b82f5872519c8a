/** Writes the time index beside a log file (logs/time-index.ts): in order, some time after the bytes that it is about. */
import {appendFile, readFile, writeFile} from 'node:fs/promises';
import type {LogDisk} from './disk.ts';

/** Lines that wait for a disk; beyond, some are left out, and what they were about has the time of the line before. */
const MOST_CHARACTERS = 64 * 1024;

export class LogIndex {
  readonly #path: string;
  readonly #disk: LogDisk;
  #lines = '';
  #isAsked = false;
  /** What is there is about so many bytes of the log, and beyond of others that are gone; null: about nothing else. */
  #keeps: number | null = null;

  constructor(path: string, disk: LogDisk) {
    this.#path = path;
    this.#disk = disk;
  }

  /** The log has no more than these first bytes: nor has its index any other lines. */
  cutTo(bytes: number): void {
    this.#lines = linesUpTo(this.#lines, bytes);
    this.#keepAtMost(bytes);
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
    const keeps = this.#keeps;
    this.#lines = '';
    this.#isAsked = false;
    this.#keeps = null;
    if (lines === '' && keeps === null) return;
    try {
      if (keeps === null) await appendFile(this.#path, lines, {mode: 0o600});
      else await writeFile(this.#path, (await this.#kept(keeps)) + lines, {mode: 0o600});
    } catch {
      // The index may lag: the bytes are the truth, and their disk is the same one. Stale lines may not stay.
      if (keeps !== null) this.#keepAtMost(keeps);
    }
  }

  #keepAtMost(bytes: number): void {
    this.#keeps = Math.min(bytes, this.#keeps ?? bytes);
  }

  async #kept(bytes: number): Promise<string> {
    if (bytes === 0) return '';
    return linesUpTo(await readFile(this.#path, 'latin1').catch(() => ''), bytes);
  }
}

/** The whole lines of those that are about the first bytes. */
const linesUpTo = (lines: string, bytes: number): string =>
  lines
    .split('\n')
    .slice(0, -1)
    .filter(line => Number(line.split(' ', 1)[0]) < bytes)
    .map(line => `${line}\n`)
    .join('');
