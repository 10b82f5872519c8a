/** The lines that workers have written: each notes the number of a line in the ledger once the log has it. */
import {closeSync, openSync, readdirSync, readSync} from 'node:fs';
import {join} from 'node:path';

const CHUNK_BYTES = 64 * 1024;

class Page {
  readonly noted = new Map<string, number>();
  readonly #path: string;
  #offset = 0;
  #rest = '';

  constructor(path: string) {
    this.#path = path;
  }

  read(): void {
    const fd = openSync(this.#path, 'r');
    try {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        const got = readSync(fd, buffer, 0, CHUNK_BYTES, this.#offset);
        if (got === 0) return;
        this.#offset += got;
        const lines = (this.#rest + buffer.toString('latin1', 0, got)).split('\n');
        this.#rest = lines.pop() ?? '';
        for (const line of lines) {
          const [token = '', number = ''] = line.split(' ');
          this.noted.set(token, Number(number));
        }
      }
    } finally {
      closeSync(fd);
    }
  }
}

export interface Note {
  readonly id: string;
  readonly run: string;
  /** Number of a written line. */
  readonly number: number;
}

export class Ledger {
  readonly #folder: string;
  readonly #pages = new Map<string, Page>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the last line of every run that is not settled. */
  read(): Note[] {
    for (const name of readdirSync(this.#folder)) {
      let page = this.#pages.get(name);
      if (!page) this.#pages.set(name, (page = new Page(join(this.#folder, name))));
      page.read();
    }
    return [...this.#pages].flatMap(([name, {noted}]) => {
      const dot = name.lastIndexOf('.');
      const id = `${name.slice(0, dot)}/${name.slice(dot + 1)}`;
      return [...noted].map(([run, number]) => ({id, run, number}));
    });
  }

  /** Removes notes that need no further check. */
  settle(notes: readonly Note[]): void {
    for (const {id, run, number} of notes) {
      const page = this.#pages.get(id.replace('/', '.'));
      if (page?.noted.get(run) === number) page.noted.delete(run);
    }
  }
}
