/** Compresses rotated logs, and removes those that are too many or too old. The keeper only renames. */
import {createReadStream, createWriteStream} from 'node:fs';
import {readdir, rename, rm, stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {createGzip} from 'node:zlib';
import type {LogPolicy, WorkerSpec} from '../../fleet/types.ts';
import {parseLogName, rotatedIndex, rotatedLog, STREAMS} from '../../logs/layout.ts';

async function compress(path: string): Promise<void> {
  const partial = `${path}.gz.partial`;
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(partial, {mode: 0o600}));
    // A reader finds one of the files complete, or for a moment both: never neither.
    await rename(partial, `${path}.gz`);
    await rm(path);
  } catch {
    // Disk full: the file stays as it is, and the next rotation retries.
    await rm(partial, {force: true});
  }
}

async function careFor(folder: string, policy: LogPolicy): Promise<void> {
  const names = await readdir(folder);
  const oldest = Date.now() - policy.maxAgeMs;
  for (const stream of STREAMS) {
    const rotated = names
      .map(name => ({name, parsed: parseLogName(name)}))
      .flatMap(({name, parsed}) =>
        parsed?.stream === stream && parsed.kind === 'log' && parsed.sequence !== null
          ? [{name, sequence: parsed.sequence, compressed: parsed.compressed}]
          : [],
      )
      .sort((a, b) => b.sequence - a.sequence);
    const sequences = [...new Set(rotated.map(({sequence}) => sequence))];
    for (const {name, sequence, compressed} of rotated) {
      const path = join(folder, name);
      const {mtimeMs} = await stat(path);
      if (sequences.indexOf(sequence) >= policy.keep || mtimeMs < oldest) {
        await rm(path, {force: true});
        await rm(rotatedIndex(folder, stream, sequence), {force: true});
      } else if (policy.compress && !compressed) await compress(rotatedLog(folder, stream, sequence));
    }
  }
}

export class LogCare {
  readonly #workers: () => readonly WorkerSpec[];
  readonly #busy = new Map<string, {again: boolean}>();

  /** @param workers returns the workers whose logs are maintained */
  constructor(workers: () => readonly WorkerSpec[]) {
    this.#workers = workers;
  }

  /** Maintains the folder of an instance. A call while this is under way causes one more pass. */
  removeOldLogs(folder: string): void {
    const [worker = ''] = basename(folder).split('.');
    const spec = this.#workers().find(({name}) => name === worker);
    if (!spec) return;
    const busy = this.#busy.get(folder);
    if (busy) {
      busy.again = true;
      return;
    }
    const mark = {again: false};
    this.#busy.set(folder, mark);
    void careFor(folder, spec.logs)
      .catch(() => {}) // the folder has vanished; the next rotation retries
      .then(() => {
        this.#busy.delete(folder);
        if (mark.again) this.removeOldLogs(folder);
      });
  }
}
