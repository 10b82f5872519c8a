/**
 * A look at files with the rights of a worker's user, by a process of that user: what a supervisor of root may read, its
 * worker may not, and what that user puts in its way (a FIFO, a file system that never answers) holds up nobody else.
 */
import {privilegesOf, type PrivilegeSpec} from './privileges.ts';
import {TOOL_ENVIRONMENT} from '../process/entry-script.ts';

/** After so long, whatever does not answer is given up. */
const PATIENCE_MS = 5_000;

export type Looked =
  {readonly exit: number; readonly bytes: Uint8Array} | {readonly failed: string; readonly code: string};

/**
 * Runs a text of sh(1) as the worker's user; answers its exit code and what it has written.
 *
 * @param limit bytes that it may write
 */
export async function lookAs(
  spec: PrivilegeSpec,
  script: string,
  args: readonly string[],
  limit: number,
): Promise<Looked> {
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
  const {exitCode, stdout, timedOut, isMaxBuffer, code} = await child;
  if (timedOut) return {failed: `no answer within ${PATIENCE_MS / 1000} s`, code: 'ETIMEDOUT'};
  if (isMaxBuffer) return {failed: 'too large', code: 'EFBIG'};
  if (exitCode === undefined) return {failed: code ?? 'it was ended', code: code ?? 'EUNKNOWN'};
  return {exit: exitCode, bytes: stdout};
}
