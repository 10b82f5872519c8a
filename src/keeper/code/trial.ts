/** Runs the keeper of another copy to check whether it could take over. The trial changes nothing. */
import {spawn} from 'node:child_process';

/** Characters of a failed program's output that are reported. */
const MAX_TEXT = 500;

export class KeeperTrial {
  /** Starts a process outside of the cgroups of runs. */
  readonly #outside: <T>(start: () => T) => T;
  readonly #tried = new Set<number>();

  constructor(outside: <T>(start: () => T) => T) {
    this.#outside = outside;
  }

  /** Whether libuv waits for this child. */
  isSpawned(pid: number): boolean {
    return this.#tried.has(pid);
  }

  /** Runs a command. Calls back with a description of the problem, or null. */
  run([program = process.execPath, ...args]: readonly string[], done: (problem: string | null) => void): void {
    const child = this.#outside(() => spawn(program, args, {stdio: ['ignore', 'ignore', 'pipe']}));
    if (child.pid !== undefined) this.#tried.add(child.pid);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-MAX_TEXT)));
    child.on('error', error => done(`the new keeper can't be started: ${error.message}`));
    child.on('exit', () => {
      if (child.pid !== undefined) this.#tried.delete(child.pid);
    });
    child.on('close', (status, signal) => {
      const how = signal ?? `exit code ${status ?? '?'}`;
      done(status === 0 ? null : `the new keeper failed its trial (${how}): ${said.trim()}`);
    });
  }
}
