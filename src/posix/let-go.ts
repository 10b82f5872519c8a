/**
 * Closes ends of pipes that other processes write to. Closing the last descriptor of an open pipe takes its lock, which
 * a writer may hold for as long as it likes. A thread alone is not enough: until it closes the descriptors, each new
 * child has copies of them, and closes these within execve(2). So the descriptors are queued first: then no close is
 * the last one.
 */
import {closeSync} from 'node:fs';
import {makeDescriptorQueue, sendDescriptors, type DescriptorQueue} from './descriptor-queue.ts';
import {dropMessage} from './elsewhere.ts';
import {closePipe} from './fifo.ts';

// One for this process, created when it is first needed: two descriptors.
let queue: DescriptorQueue | null = null;

function keep(fds: readonly number[]): boolean {
  try {
    queue ??= makeDescriptorQueue();
  } catch {
    return false; // no descriptor is left
  }
  return sendDescriptors(queue, fds) === null;
}

/** Closes descriptors. Never blocks. */
export function letGo(fds: readonly number[]): void {
  if (fds.length === 0) return;
  if (keep(fds) && queue !== null) {
    for (const fd of fds) closeSync(fd);
    dropMessage(queue.receive, 'pipes', () => {});
  } else for (const fd of fds) closePipe(fd);
}
