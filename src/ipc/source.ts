/** Where the facts come from: the running kernel, or a tree of files that was recorded. */
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
