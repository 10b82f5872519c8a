/**
 * Keeps the current copy of the programs whole, from which lost processes are restarted. Its files are held open:
 * removed files are restored from there, and damaged files from the installation, if its bytes are still the same.
 */
import {hasCode} from '../../base/errors.ts';
import {existsSync, lstatSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Code} from './installed.ts';
import {putCurrent, whereCurrentLeads} from './link.ts';
import {HeldFile} from '../files/held.ts';
import {isShortage} from '../../process/stat.ts';
import {filesOfCopy, isNamed, isWhole, putCopy, type CopyFile} from '../../home/copy.ts';

interface Held {
  readonly file: CopyFile;
  readonly open: HeldFile;
}

export class CodeCare {
  readonly #root: string;
  /** Its current copy is the one that the keeper last made or found. */
  readonly #code: Pick<Code, 'current' | 'dropDamaged'>;
  #name: string | null = null;
  #held: Held[] = [];
  /** The state that could not be repaired, and the error. */
  #hopeless: {readonly state: string; readonly error: Error} | null = null;
  /** The noted sources of the copy. */
  #from = '';

  constructor(root: string, code: Pick<Code, 'current' | 'dropDamaged'>) {
    this.#root = root;
    this.#code = code;
  }

  /** Holds the current copy open, which its maker has just verified. */
  trust(): string | null {
    const name = this.#code.current;
    if (name !== null) this.#hold(name);
    return null;
  }

  /**
   * Checks that the current copy matches its name, and repairs it. Returns a description of the repair, or null. A copy
   * that can't be repaired is dropped, unless this keeper runs from it: a link that leads anywhere names no programs.
   * Throws if the copy can be neither repaired nor dropped.
   */
  begin(): string | null {
    try {
      return this.#verify();
    } catch (error) {
      if (this.#code.dropDamaged()) return null;
      throw error;
    }
  }

  /** Checks and repairs the current copy, but reads its files only if something has changed. */
  repairChanged(): string | null {
    const name = this.#code.current;
    if (name === null) return null;
    // An upgrade has ended: another copy is current.
    if (name !== this.#name) return this.#verify();
    if (this.#held.length === 0) this.#hold(name);
    const changed = this.#held.some(({open}) => open.comparePath() !== 'same');
    const repaired = changed ? this.#repairOnce(name) : null;
    const link = this.#repairLink(name);
    return repaired ?? link;
  }

  close(): void {
    for (const {open} of this.#held.splice(0)) open.close();
    this.#name = null;
  }

  #verify(): string | null {
    const name = this.#code.current;
    if (name === null) return null;
    const repaired = isWhole(join(this.#root, name)) ? null : this.#repair(name);
    this.#hold(name);
    return repaired;
  }

  #hold(name: string): void {
    this.close();
    const folder = join(this.#root, name);
    this.#name = name;
    const held: Held[] = [];
    try {
      for (const file of filesOfCopy(folder)) held.push({file, open: new HeldFile(file.path)});
    } catch (error) {
      for (const {open} of held) open.close();
      // Without a spare descriptor, the next check tries again.
      if (isShortage(error)) return;
      throw error;
    }
    this.#held = held;
    this.#from = this.#readSource(name) ?? '';
  }

  /** Repairs the copy. After a failure, tries again only when the files have changed again. */
  #repairOnce(name: string): string | null {
    const state = this.#held.map(({open}) => open.markNow).join('\n');
    if (this.#hopeless?.state === state) throw this.#hopeless.error;
    try {
      const repaired = this.#repair(name);
      this.#hopeless = null;
      return repaired;
    } catch (error) {
      this.#hopeless = isFull(error) ? null : {state, error: error instanceof Error ? error : new Error(String(error))};
      throw error;
    }
  }

  #repair(name: string): string | null {
    const folder = join(this.#root, name);
    mkdirSync(this.#root, {recursive: true, mode: 0o700});
    if (name === this.#name) this.#putSource(name);
    const files = this.#sourceOf(name);
    const wrong = putCopy(folder, files, {sync: false});
    const isHeld = name === this.#name && wrong.length === 0;
    if (isHeld) for (const {open} of this.#held) open.accept();
    else this.#hold(name);
    return wrong.length === 0 ? null : `missing or changed in ${folder}: ${wrong.join(', ')}`;
  }

  /** Returns files whose bytes match the copy's name. Throws if there are none. */
  #sourceOf(name: string): readonly CopyFile[] {
    const held = name === this.#name ? this.#held : [];
    const open = held.map(({file, open: {source}}) => ({name: file.name, path: source}));
    const installed = this.#installed(name);
    // If only some files are damaged, the installation may no longer have the others.
    const changed = new Set(held.filter(one => one.open.comparePath() === 'changed').map(one => one.open.path));
    const mixed = held.map(({file, open: {source, path}}) =>
      changed.has(path) && isSameFile(source, path)
        ? (installed.find(other => other.name === file.name) ?? file)
        : {name: file.name, path: source},
    );
    for (const files of [open, installed, mixed]) if (files.length > 0 && isNamed(name, files)) return files;
    throw new Error(
      `the programs in ${join(this.#root, name)} are damaged, and their installation is gone or of another version. \`brood upgrade\` copies the programs of this installation`,
    );
  }

  /** Returns the files from which `up` or `upgrade` has made the copy. */
  #installed(name: string): CopyFile[] {
    return (this.#readSource(name) ?? '')
      .split('\n')
      .map(line => line.split('\t'))
      .flatMap(([file, path]) => (file && path && existsSync(path) ? [{name: file, path}] : []));
  }

  #readSource(name: string): string | null {
    try {
      return readFileSync(join(this.#root, `${name}.from`), 'utf8');
    } catch {
      return null;
    }
  }

  #putSource(name: string): void {
    if (this.#from === '' || this.#readSource(name) !== null) return;
    try {
      writeFileSync(join(this.#root, `${name}.from`), this.#from, {mode: 0o600, flag: 'wx'});
    } catch {
      // Disk full: the files held open are the only source.
    }
  }

  #repairLink(name: string): string | null {
    const found = whereCurrentLeads(this.#root);
    if (found === name) return null;
    putCurrent(this.#root, name);
    const link = join(this.#root, 'current');
    return found === null ? `the link ${link} was removed` : `the link ${link} pointed to ${found}`;
  }
}

/** Whether an open file is still the one at the path, and so was changed in place. */
function isSameFile(source: string, path: string): boolean {
  try {
    return statSync(source).ino === lstatSync(path).ino;
  } catch {
    return false;
  }
}

/** Whether a repair failed for lack of disk space, and may succeed later. */
const isFull = (error: unknown): boolean => hasCode(error, 'ENOSPC', 'EDQUOT');
