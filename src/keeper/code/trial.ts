/** Whether the keeper of another copy of the programs could take over: it is run to show it, and changes nothing. */
import {spawn} from 'node:child_process';

/** So much of what a program printed that failed its trial is passed on. */
const MAX_TEXT = 500;

export class KeeperTrial {
  /** Runs something outside of the cgroups of runs. */
  readonly #outside: <T>(start: () => T) => T;
  readonly #tried = new Set<number>();

  constructor(outside: <T>(start: () => T) => T) {
    this.#outside = outside;
  }

  /** Whether libuv waits for this child. */
  isSpawned(pid: number): boolean {
    return this.#tried.has(pid);
  }

  /** Runs `command`; calls back with what is wrong, in words, or null where nothing is. */
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
