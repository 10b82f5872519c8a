/** A log folder as the keeper leaves it, and the expected result of reading it. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {MAX_PART_BYTES} from '../../src/logs/line-cutter.ts';
import {
  currentIndex,
  currentLog,
  instanceLogFolder,
  rotatedIndex,
  rotatedLog,
  type Stream,
} from '../../src/logs/layout.ts';

/** Writes one stream as the keeper does. */
export class Writer {
  readonly folder: string;
  readonly stream: Stream;
  sequence = 0;
  written = Buffer.alloc(0);

  constructor(fleetFolder: string, id: string, stream: Stream) {
    this.folder = instanceLogFolder(fleetFolder, id);
    this.stream = stream;
    mkdirSync(this.folder, {recursive: true});
  }

  write(bytes: Buffer | string, at = Date.now()): void {
    const log = currentLog(this.folder, this.stream);
    appendFileSync(
      currentIndex(this.folder, this.stream),
      `${statSync(log, {throwIfNoEntry: false})?.size ?? 0} ${at}\n`,
    );
    appendFileSync(log, bytes);
    this.written = Buffer.concat([this.written, Buffer.from(bytes)]);
  }

  /** Rotates as the keeper does: the file is renamed, and there is no other until the next write. */
  rotate(): number {
    if (!existsSync(currentLog(this.folder, this.stream))) return this.sequence;
    this.sequence++;
    renameSync(currentLog(this.folder, this.stream), rotatedLog(this.folder, this.stream, this.sequence));
    try {
      renameSync(currentIndex(this.folder, this.stream), rotatedIndex(this.folder, this.stream, this.sequence));
    } catch {
      // Nothing was written, so there is no index.
    }
    return this.sequence;
  }

  compress(sequence: number): void {
    const plain = rotatedLog(this.folder, this.stream, sequence);
    if (!existsSync(plain)) return;
    writeFileSync(`${plain}.gz`, gzipSync(readFileSync(plain)));
    rmSync(plain);
  }
}

/**
 * Returns the lines in those bytes, including an unterminated last one. Lines over 64 KiB are joined from their parts.
 */
export function linesOf(bytes: Buffer): string[] {
  const lines = bytes.toString().split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Joins parts to lines, and checks the size of each part. */
export class Joiner {
  readonly lines: string[] = [];
  #open = false;

  take(line: string, partial: boolean): void {
    if (Buffer.byteLength(line) > 3 * MAX_PART_BYTES) throw new Error('a part that is too long');
    if (this.#open) this.lines.push((this.lines.pop() ?? '') + line);
    else this.lines.push(line);
    this.#open = partial;
  }
}
