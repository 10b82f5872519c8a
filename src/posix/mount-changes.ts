/**
 * Detects changes of the mounts that this process sees (proc(5), /proc/PID/mountinfo and poll(2)). Accesses no file
 * system.
 */
import {constants, openSync} from 'node:fs';
import {libc} from './libc.ts';

const POLLPRI = 0x02;

const poll = libc<[Buffer, number, number]>('int poll(void *fds, unsigned long count, int timeout)');

export class MountChanges {
  readonly #entry = Buffer.alloc(8); // struct pollfd

  /** @throws errors of open(2). The descriptor is never closed. */
  constructor() {
    this.#entry.writeInt32LE(openSync('/proc/self/mountinfo', constants.O_RDONLY), 0);
    this.#entry.writeInt16LE(POLLPRI, 4);
  }

  /** Whether mounts have changed since the last call. */
  get any(): boolean {
    return poll(this.#entry, 1, 0) > 0;
  }
}
