/** Where the facts come from: the running kernel, or a tree of files that was recorded. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {ProcessFolder, type Link, type Mapping, type Refusal} from '../posix/process-folder.ts';
import {RecordedFolder} from './recorded-folder.ts';

/** What is read of one process at a time, between {@link enter} and {@link leave}. */
export interface ProcessFiles {
  enter(pid: number): void;
  leave(): void;
  /** A small file of the process, a byte a character; null where it can't be read. */
  read(name: string): string | null;
  eachLink(visit: (link: Link) => void): Refusal | null;
  eachSharedMapping(visit: (mapping: Mapping) => void): Refusal | null;
  close(): void;
}

export const PROC = '/proc';

/** The quick way where there is one. */
export const processFiles = (root: string): ProcessFiles =>
  root === PROC && ProcessFolder.works ? new ProcessFolder() : new RecordedFolder(root);

/** A file below `root`, a byte a character; null where it can't be read. */
export function textOf(root: string, ...path: readonly (string | number)[]): string | null {
  try {
    return readFileSync(join(root, ...path.map(String)), 'latin1');
  } catch {
    return null;
  }
}
