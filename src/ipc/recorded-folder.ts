/**
 * A process read from files with nothing but Node: from a recorded tree, and where the fast reader does not work. In a
 * recorded tree links lead nowhere and have no permission bits, so `fdinfo` shows the access of a descriptor.
 */
import {hasCode} from '../base/errors.ts';
import {lstatSync, readdirSync, readFileSync, readlinkSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {
  accessOf,
  device,
  sharedMappingsIn,
  type Access,
  type Link,
  type Mapping,
  type Refusal,
  type Target,
} from '../posix/process-folder.ts';
import {isShortage} from '../process/stat.ts';
import type {ProcessFiles} from './process-files.ts';
import {textOf} from './text.ts';

const O_ACCMODE = 3;
const MODES: readonly (Access | null)[] = ['r', 'w', 'rw', null];
const TYPE_BITS = 0o170000;

function refusalOf(error: unknown): Refusal {
  if (isShortage(error)) throw error;
  return hasCode(error, 'EACCES', 'EPERM') ? 'denied' : 'gone';
}

export class RecordedFolder implements ProcessFiles {
  readonly #root: string;
  #folder = '';

  constructor(root: string) {
    this.#root = root;
  }

  enter(pid: number): void {
    this.#folder = join(this.#root, String(pid));
  }

  leave(): void {
    this.#folder = '';
  }

  close(): void {
    this.leave();
  }

  read(name: string): string | null {
    return textOf(this.#folder, name);
  }

  eachLink(visit: (link: Link) => void): Refusal | null {
    let names: string[];
    try {
      names = readdirSync(join(this.#folder, 'fd'));
    } catch (error) {
      return refusalOf(error);
    }
    for (const name of names) {
      const path = join(this.#folder, 'fd', name);
      try {
        const text = readlinkSync(path, 'buffer');
        const access = (): Access | null => this.#access(name, path);
        visit({fd: Number(name), text, length: text.length, access, target: () => targetOf(path)});
      } catch {
        // The descriptor was closed meanwhile.
      }
    }
    return null;
  }

  eachSharedMapping(visit: (mapping: Mapping) => void): Refusal | null {
    try {
      const maps = readFileSync(join(this.#folder, 'maps'), 'latin1');
      for (const mapping of sharedMappingsIn(maps)) visit(mapping);
      return null;
    } catch (error) {
      return refusalOf(error);
    }
  }

  #access(name: string, path: string): Access | null {
    const flags = /^flags:\s+0?(\d+)$/m.exec(this.read(join('fdinfo', name)) ?? '')?.[1];
    if (flags !== undefined) return MODES[parseInt(flags, 8) & O_ACCMODE] ?? null;
    const {mode} = lstatSync(path);
    return accessOf((mode & 0o400) !== 0, (mode & 0o200) !== 0);
  }
}

const major = (number: bigint): number => Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & ~0xfffn));
const minor = (number: bigint): number => Number((number & 0xffn) | ((number >> 12n) & ~0xffn));

function targetOf(path: string): Target | null {
  const stat = statSync(path, {throwIfNoEntry: false, bigint: true});
  if (!stat) return null;
  return {
    type: Number(stat.mode) & TYPE_BITS,
    inode: Number(stat.ino),
    device: device(major(stat.dev), minor(stat.dev)),
    major: major(stat.rdev),
    minor: minor(stat.rdev),
  };
}
