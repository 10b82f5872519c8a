/**
 * Reads files with the rights of a worker's user, in a process of that user: a supervisor of root may read what its
 * worker may not, and what that user puts in the way (a FIFO, a file system that never answers) holds up nothing else.
 */
import {formatDuration} from '../../base/format.ts';
import {setTimeout as delay} from 'node:timers/promises';
import {privilegesOf, type PrivilegeSpec} from './privileges.ts';
import {TOOL_ENVIRONMENT} from '../../process/entry-script.ts';

/** A process that does not answer in this time is killed. */
const PATIENCE_MS = 5_000;

/** The longest wait after SIGKILL. */
const KILLED_MS = 500;

export type Looked =
  {readonly exit: number; readonly bytes: Uint8Array} | {readonly failed: string; readonly code: string};

const NO_ANSWER: Looked = {failed: `no answer within ${formatDuration(PATIENCE_MS)}`, code: 'ETIMEDOUT'};

/** Scripts that were killed and have not ended. */
const stuck = new Set<string>();

/**
 * Runs an sh(1) script as the worker's user. Resolves to its exit code and output.
 *
 * @param limit most bytes of output
 */
export async function lookAs(
  spec: PrivilegeSpec,
  script: string,
  args: readonly string[],
  limit: number,
): Promise<Looked> {
  const key = JSON.stringify([spec.user, script, ...args]);
  // Another process would hang like that one.
  if (stuck.has(key)) return NO_ANSWER;
  const privileges = privilegesOf(spec);
  if ('message' in privileges) return {failed: privileges.message, code: privileges.code};
  const {execa} = await import('execa');
  const [program = '/bin/sh', ...rest] = [...privileges.argv, '/bin/sh', '-c', script, 'sh', ...args];
  const child = execa(program, rest, {
    cwd: '/',
    env: TOOL_ENVIRONMENT,
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    encoding: 'buffer',
    maxBuffer: limit,
    stripFinalNewline: false,
    reject: false,
    cleanup: false,
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  // Not even SIGKILL ends a process that waits for some file systems.
  const looked = await Promise.race([child, delay(PATIENCE_MS + KILLED_MS, null, {ref: false})]);
  if (looked === null) {
    stuck.add(key);
    void child.finally(() => stuck.delete(key));
    return NO_ANSWER;
  }
  const {exitCode, stdout, timedOut, isMaxBuffer, code} = looked;
  if (timedOut) return NO_ANSWER;
  if (isMaxBuffer) return {failed: 'too large', code: 'EFBIG'};
  if (exitCode === undefined) return {failed: code ?? 'it was killed', code: code ?? 'EUNKNOWN'};
  return {exit: exitCode, bytes: stdout};
}
