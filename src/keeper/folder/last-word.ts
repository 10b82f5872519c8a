/**
 * The last report of a keeper, for a client that waits for the end of the fleet: the processes that could not be ended,
 * and why it is not proved that nothing else is left. A reason that outlasts the run for which it was found is written
 * at once: neither this keeper nor the run may exist any more when the fleet ends.
 */
import {messageOf} from '../../base/errors.ts';
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {mustBeTrusted} from '../../home/check.ts';
import {writeError} from '../../posix/standard-error.ts';
import {bootId} from '../../process/proc-files.ts';
import {isShortage} from '../../process/stat.ts';
import {isObject} from '../../base/json.ts';

/** The most instances kept for a reason; the reader names one fewer. */
const MOST_IDS = 4;

export const leftPath = (folder: string): string => join(folder, 'left.json');

const isText = (value: unknown): value is string => typeof value === 'string';

/** Returns the instances by reason. Processes of an earlier boot are gone. */
function readDoubts(path: string, boot: string): Map<string, Set<string>> {
  const doubts = new Map<string, Set<string>>();
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (!isObject(found) || found['boot'] !== boot || !Array.isArray(found['doubts'])) return doubts;
    for (const doubt of found['doubts'] as readonly unknown[]) {
      if (!isObject(doubt) || !isText(doubt['words']) || !Array.isArray(doubt['ids'])) continue;
      doubts.set(doubt['words'], new Set(doubt['ids'].filter(isText)));
    }
  } catch (error) {
    if (isShortage(error)) throw error;
    // There is no file, or a full disk has torn it.
  }
  return doubts;
}

export class LastWord {
  readonly #folder: string | null;
  readonly #boot = bootId();
  readonly #doubts: Map<string, Set<string>>;

  /** @param folder the fleet's folder; null: nothing may be written there */
  constructor(folder: string | null) {
    this.#folder = folder;
    this.#doubts = folder === null ? new Map<string, Set<string>>() : readDoubts(leftPath(folder), this.#boot);
  }

  /**
   * Notes why processes may live where no search looks.
   *
   * @param id instance to which they would belong; null if none is known
   * @param words the reason; null if there is none
   */
  note(id: string | null, words: string | null): void {
    if (words === null || !this.#add(id, words)) return;
    try {
      this.#write(null, []);
    } catch {
      // A full disk, or the folder is gone: the write is retried at the end.
    }
  }

  /**
   * Writes the report once the fleet has ended.
   *
   * @param survivors processes that could not be ended, as `pid name`
   * @param doubts descriptions of what else may live
   */
  writeEnd(survivors: readonly string[], doubts: readonly string[]): void {
    for (const words of doubts) this.#add(null, words);
    try {
      this.#write(this.#doubts.size === 0 && survivors.length === 0 ? 'complete' : 'lineage', survivors);
    } catch (error) {
      const why = messageOf(error);
      const left = survivors.length > 0 ? `; could not be ended: ${survivors.join(', ')}` : '';
      writeError(`brood keeper: the report on the end of the fleet could not be written: ${why}${left}\n`);
    }
  }

  /** Returns whether the reason or its instance is new. */
  #add(id: string | null, words: string): boolean {
    const known = this.#doubts.get(words);
    if (known === undefined) this.#doubts.set(words, new Set(id === null ? [] : [id]));
    else if (id === null || known.has(id) || known.size >= MOST_IDS) return false;
    else known.add(id);
    return true;
  }

  /** @param proof null: the fleet has not ended yet */
  #write(proof: 'complete' | 'lineage' | null, survivors: readonly string[]): void {
    if (this.#folder === null) return;
    // Another user may have put a folder of their own there, with links in it.
    mustBeTrusted(this.#folder);
    const path = leftPath(this.#folder);
    const doubts = Array.from(this.#doubts, ([words, ids]) => ({words, ids: [...ids]}));
    writeFileSync(`${path}.new`, JSON.stringify({boot: this.#boot, proof, survivors, doubts}), {mode: 0o600});
    renameSync(`${path}.new`, path);
  }
}
