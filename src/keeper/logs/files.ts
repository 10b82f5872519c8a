/** The logs of all instances that have a run, by folder. */
import {LogDisk} from './disk.ts';
import {LogFile} from './file.ts';
import type {LogListener} from './listener.ts';
import {STREAMS, type Stream} from '../../logs/layout.ts';

export class LogFiles {
  readonly #byFolder = new Map<string, Record<Stream, LogFile>>();
  readonly #disk: LogDisk;

  constructor(disk = new LogDisk()) {
    this.#disk = disk;
  }

  /** The number of instances with logs. */
  get count(): number {
    return this.#byFolder.size;
  }

  /** Returns both logs of an instance. */
  of(folder: string, maxSize: number, listener: LogListener): Record<Stream, LogFile> {
    const known = this.#byFolder.get(folder);
    if (known) {
      for (const stream of STREAMS) known[stream].maxSize = maxSize;
      return known;
    }
    const made = {
      out: new LogFile(folder, 'out', maxSize, listener, this.#disk),
      err: new LogFile(folder, 'err', maxSize, listener, this.#disk),
    };
    this.#byFolder.set(folder, made);
    return made;
  }

  /** Releases the logs of a folder to which no run writes any more; a later run may. */
  release(folder: string): void {
    const logs = this.#byFolder.get(folder);
    // A log that can't be written was reported: it stays, so that its recovery is reported too.
    if (logs && STREAMS.every(stream => logs[stream].isIdle)) this.#byFolder.delete(folder);
  }

  /** Checks that the files are still at their paths. */
  sweep(): void {
    for (const logs of this.#byFolder.values()) for (const stream of STREAMS) logs[stream].sweep();
  }

  /** Calls back once indexes are written and rotations done, or after a timeout. */
  settle(done: () => void): void {
    this.#disk.settle(done);
  }

  reopen(): void {
    for (const logs of this.#byFolder.values()) for (const stream of STREAMS) logs[stream].reopen();
  }
}
