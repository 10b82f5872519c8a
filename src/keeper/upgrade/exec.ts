/** Replaces the image of this process: the children stay, and the lock is held all the time. */
import {argumentsAfter} from '../arguments.ts';
import type {Code} from '../code/installed.ts';
import {isHeldUp} from '../../posix/elsewhere.ts';
import {isPipeHeldUp} from '../../posix/pipe-threads.ts';
import {become, closeOnExecFrom, keepOnExec} from '../../posix/process.ts';
import {isSocketHeldUp} from '../../posix/socket-threads.ts';

const STANDARD_STREAMS = [0, 1, 2];

/** Executes `program` in this process. Throws if that is not possible. */
export function replaceImage(code: Code, program: string, options: Parameters<typeof argumentsAfter>[0]): never {
  // execve(2) ends a blocked thread, but would itself have to close the descriptors that still wait for their turn.
  if (isHeldUp())
    throw new Error(
      "descriptors that a worker passed to its notify socket are not closed yet, or a pipe can't be opened",
    );
  if (isSocketHeldUp()) throw new Error('the folder of a socket channel does not answer');
  if (isPipeHeldUp()) throw new Error('a pipe of a worker, or the disk of a log, does not answer');
  const [node = process.execPath, ...rest] = code.command(program, argumentsAfter(options));
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  closeOnExecFrom(3);
  const {lock, sockets, notifications, upgrade, store} = options.replaced;
  const kept = [...sockets, ...(notifications?.notify ?? []), ...(notifications?.ready ?? [])].map(([, fd]) => fd);
  for (const fd of [...STANDARD_STREAMS, lock, ...kept]) keepOnExec(fd);
  if (store) for (const fd of [store.send, store.receive]) keepOnExec(fd);
  if (upgrade) keepOnExec(upgrade.link);
  become(node, [node, ...rest], env);
}
