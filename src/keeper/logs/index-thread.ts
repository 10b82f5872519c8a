/** Writes the time index beside a log file (logs/time-index.ts): in order, some time after the indexed bytes. */
import {appendFile, readFile, writeFile} from 'node:fs/promises';
import type {LogDisk} from './disk.ts';

/** Limit of lines that wait for a disk. Further lines are dropped, and their bytes get the time of the line before. */
const MOST_CHARACTERS = 64 * 1024;

export class LogIndex {
  readonly #path: string;
  readonly #disk: LogDisk;
  #lines = '';
  #isAsked = false;
  /** The lines on disk are valid for this many bytes of the log, and stale beyond; null if all are valid. */
  #keeps: number | null = null;

  constructor(path: string, disk: LogDisk) {
    this.#path = path;
    this.#disk = disk;
  }

  /** Drops all lines beyond these first bytes, which are all that the log has. */
  cutTo(bytes: number): void {
    this.#lines = linesUpTo(this.#lines, bytes);
    this.#keepAtMost(bytes);
  }

  /** Records that the bytes from `offset` on were moved at the time `at`. */
  note(offset: number, at: number): void {
    if (this.#lines.length >= MOST_CHARACTERS) return;
    this.#lines += `${offset} ${at}\n`;
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#disk.run(() => this.write());
  }

  /** Writes the waiting lines. Runs as a disk task. */
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
      // The index may lag: the log itself is authoritative, and on the same disk. Stale lines must not stay.
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

/** Returns the complete lines for the first bytes of the log. */
const linesUpTo = (lines: string, bytes: number): string =>
  lines
    .split('\n')
    .slice(0, -1)
    .filter(line => Number(line.split(' ', 1)[0]) < bytes)
    .map(line => `${line}\n`)
    .join('');
