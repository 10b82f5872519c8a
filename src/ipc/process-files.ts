/** The files of one process that channels are read from, independent of how they are accessed. */
import type {Link, Mapping, Refusal} from '../posix/process-folder.ts';

/** A reader of one process at a time, between {@link enter} and {@link leave}. */
export interface ProcessFiles {
  enter(pid: number): void;
  leave(): void;
  /** Returns a small file of the process, one character per byte, or null if it can't be read. */
  read(name: string): string | null;
  eachLink(visit: (link: Link) => void): Refusal | null;
  eachSharedMapping(visit: (mapping: Mapping) => void): Refusal | null;
  close(): void;
}
