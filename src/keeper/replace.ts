/** Another image of this program, in this process: the children stay, and it holds the lock all the time. */
import {argumentsAfter} from './arguments.ts';
import type {Code} from './code.ts';
import {become, closeOnExecFrom, keepOnExec} from '../posix/process.ts';

const STANDARD_STREAMS = [0, 1, 2];

/** Throws where it can't. */
export function replaceImage(code: Code, program: string, options: Parameters<typeof argumentsAfter>[0]): never {
  const [node = process.execPath, ...rest] = code.command(program, argumentsAfter(options));
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  closeOnExecFrom(3);
  const {lock, sockets, voices, upgrade, store} = options.replaced;
  const kept = [...sockets, ...(voices?.notify ?? []), ...(voices?.ready ?? [])].map(([, fd]) => fd);
  for (const fd of [...STANDARD_STREAMS, lock, ...kept]) keepOnExec(fd);
  if (store) for (const fd of [store.send, store.receive]) keepOnExec(fd);
  if (upgrade) keepOnExec(upgrade.link);
  become(node, [node, ...rest], env);
}
