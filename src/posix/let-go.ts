/**
 * Closing ends of pipes that others write to. Whoever closes the last descriptor of an open pipe takes its lock, which a
 * writer may hold for as long as it likes. A thread alone would not do: while it has not come to them, each child that is
 * started has copies, and closes them within execve(2). So they go into a queue first: then none that is closed is the last.
 */
import {closeSync} from 'node:fs';
import {makeDescriptorQueue, sendDescriptors, type DescriptorQueue} from './descriptor-queue.ts';
import {dropMessage} from './elsewhere.ts';
import {closePipe} from './fifo.ts';

// One for this process, made when it is first needed: two descriptors.
let queue: DescriptorQueue | null = null;

function keep(fds: readonly number[]): boolean {
  try {
    queue ??= makeDescriptorQueue();
  } catch {
    return false; // no descriptor is left
  }
  return sendDescriptors(queue, fds) === null;
}

/** Closes them. Never blocks. */
export function letGo(fds: readonly number[]): void {
  if (fds.length === 0) return;
  if (keep(fds) && queue !== null) {
    for (const fd of fds) closeSync(fd);
    dropMessage(queue.receive, 'pipes', () => {});
  } else for (const fd of fds) closePipe(fd);
}
