/** Whether the mounts that this process sees have changed (proc(5), /proc/PID/mountinfo and poll(2)): asks no file system. */
import {constants, openSync} from 'node:fs';
import {libc} from './libc.ts';

const POLLPRI = 0x02;

const poll = libc<[Buffer, number, number]>('int poll(void *fds, unsigned long count, int timeout)');

export class MountChanges {
  readonly #entry = Buffer.alloc(8); // struct pollfd

  /** @throws what open(2) refuses. It is never closed. */
  constructor() {
    this.#entry.writeInt32LE(openSync('/proc/self/mountinfo', constants.O_RDONLY), 0);
    this.#entry.writeInt16LE(POLLPRI, 4);
  }

  /** Whether there were any since this was last asked. */
  get any(): boolean {
    return poll(this.#entry, 1, 0) > 0;
  }
}
