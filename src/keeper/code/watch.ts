/**
 * Keeps the copy of the programs whole from which whatever is lost is started again. Its files are held open: removed
 * ones are put back from there, and damaged ones from where they were installed, if the bytes still are the same.
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
  /** The copy that is current is what the keeper last made or found. */
  readonly #code: Pick<Code, 'current' | 'dropDamaged'>;
  #name: string | null = null;
  #held: Held[] = [];
  /** What could not be repaired, and why. */
  #hopeless: {readonly state: string; readonly error: Error} | null = null;
  /** What is noted of where the copy was made from. */
  #from = '';

  constructor(root: string, code: Pick<Code, 'current' | 'dropDamaged'>) {
    this.#root = root;
    this.#code = code;
  }

  /** Holds a copy open that whoever has just made it has verified. */
  trust(): string | null {
    const name = this.#code.current;
    if (name !== null) this.#hold(name);
    return null;
  }

  /**
   * Whether the copy is what its name says; repairs it if not. Answers what was repaired, in words. One that can't be repaired and is
   * not the one that runs counts as none from then on: a link that leads anywhere names no programs. Throws where it can't be repaired.
   */
  begin(): string | null {
    try {
      return this.#verify();
    } catch (error) {
      if (this.#code.dropDamaged()) return null;
      throw error;
    }
  }

  /** The same, without reading anything where nothing has changed since. */
  repairChanged(): string | null {
    const name = this.#code.current;
    if (name === null) return null;
    // An upgrade has come to its end: another copy is current.
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
      // Without a descriptor to spare it is tried again at the next look.
      if (isShortage(error)) return;
      throw error;
    }
    this.#held = held;
    this.#from = this.#readSource(name) ?? '';
  }

  /** What could not be repaired is read again only when it has changed again. */
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
    return wrong.length === 0 ? null : `${wrong.join(', ')} of ${folder} had been removed or changed`;
  }

  /** Files whose bytes are what the copy's name says. Throws where there are none. */
  #sourceOf(name: string): readonly CopyFile[] {
    const held = name === this.#name ? this.#held : [];
    const open = held.map(({file, open: {source}}) => ({name: file.name, path: source}));
    const installed = this.#installed(name);
    // Of a copy of which only some files are damaged, the others may be of no installation any more.
    const changed = new Set(held.filter(one => one.open.comparePath() === 'changed').map(one => one.open.path));
    const mixed = held.map(({file, open: {source, path}}) =>
      changed.has(path) && isSameFile(source, path)
        ? (installed.find(other => other.name === file.name) ?? file)
        : {name: file.name, path: source},
    );
    for (const files of [open, installed, mixed]) if (files.length > 0 && isNamed(name, files)) return files;
    throw new Error(
      `the programs in ${join(this.#root, name)} are damaged, and what they were installed from is gone or another version. \`brood upgrade\` copies those of this installation`,
    );
  }

  /** Where `up` or `upgrade` has copied them from. */
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
      // A full disk: what is held open is all there is.
    }
  }

  #repairLink(name: string): string | null {
    const found = whereCurrentLeads(this.#root);
    if (found === name) return null;
    putCurrent(this.#root, name);
    const link = join(this.#root, 'current');
    return found === null ? `the link ${link} had been removed` : `the link ${link} had led to ${found}`;
  }
}

/** Whether an open file still is what lies at the path: then it was changed in its place. */
function isSameFile(source: string, path: string): boolean {
  try {
    return statSync(source).ino === lstatSync(path).ino;
  } catch {
    return false;
  }
}

/** With room on the disk the same could be repaired. */
const isFull = (error: unknown): boolean => hasCode(error, 'ENOSPC', 'EDQUOT');
