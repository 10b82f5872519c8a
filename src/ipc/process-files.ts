/** The files of one process that channels are told by, however they are read. */
import type {Link, Mapping, Refusal} from '../posix/process-folder.ts';

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
