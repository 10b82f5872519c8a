/** Names of users, without a lookup for each process. */
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {promisify} from 'node:util';

const run = promisify(execFile);
const ASK_MS = 2000;

function passwordFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Returns names by number from lines of passwd(5). Of two lines for one number the first counts, as in getpwuid(3). */
export function namesIn(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name = '', , uid = ''] = line.split(':', 3);
    if (name !== '' && /^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}

export class Users {
  readonly #names = new Map<number, string>();
  readonly #asked = new Set<number>();

  constructor(path = '/etc/passwd') {
    this.#add(passwordFile(path));
  }

  /** Returns the name, or the number if there is none (passwd(5)). */
  name(uid: number): string {
    return this.#names.get(uid) ?? String(uid);
  }

  /** Looks up users that the password file lacks in the name service (getent(1)): each once, and all in one call. */
  async ask(uids: Iterable<number>): Promise<void> {
    const unknown = [...new Set(uids)].filter(uid => !this.#names.has(uid) && !this.#asked.has(uid));
    if (unknown.length === 0) return;
    for (const uid of unknown) this.#asked.add(uid);
    try {
      this.#add((await run('getent', ['passwd', ...unknown.map(String)], {timeout: ASK_MS})).stdout);
    } catch (error) {
      // getent(1) fails if it finds only some of the users, and if there is no such program.
      if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string') this.#add(error.stdout);
    }
  }

  #add(text: string): void {
    for (const [uid, name] of namesIn(text)) if (!this.#names.has(uid)) this.#names.set(uid, name);
  }
}
