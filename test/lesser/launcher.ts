/** The launcher that refuses system calls (refuse.c), compiled where there is a compiler. */
import {spawnSync} from 'node:child_process';
import {mkdirSync, renameSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

const source = fileURLToPath(new URL('refuse.c', import.meta.url));
const folder = fileURLToPath(new URL('../../.cache/lesser', import.meta.url));

export type Refusal = 'ENOSYS' | 'EPERM' | 'EINVAL';

export interface Launcher {
  /** Reason why there is no launcher, or null. */
  readonly missing: string | null;
  /** Returns the words that precede a command line to be run without these system calls. */
  readonly words: (error: Refusal, ...calls: readonly string[]) => string[];
}

/** Compiles the launcher, unless it is newer than its source. */
export function launcher(): Launcher {
  const program = join(folder, 'refuse');
  const words = (error: Refusal, ...calls: readonly string[]): string[] => [program, error, ...calls, '--'];
  if (process.platform !== 'linux') return {missing: 'seccomp is Linux’s', words};
  if ((statSync(program, {throwIfNoEntry: false})?.mtimeMs ?? 0) < statSync(source).mtimeMs) {
    mkdirSync(folder, {recursive: true});
    const made = `${program}.${process.pid}`;
    const {error, status, stderr} = spawnSync('gcc', ['-O1', '-Wall', '-o', made, source], {encoding: 'utf8'});
    if (error) return {missing: 'no gcc here to compile test/lesser/refuse.c', words};
    if (status !== 0) return {missing: `test/lesser/refuse.c does not compile here: ${stderr.slice(0, 300)}`, words};
    renameSync(made, program);
  }
  const {status, stderr} = spawnSync(program, ['ENOSYS', 'splice', '--', 'true'], {encoding: 'utf8'});
  return {missing: status === 0 ? null : `no seccomp filter can be set here: ${stderr.trim()}`, words};
}
