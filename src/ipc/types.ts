/** Channels and their holders. */
import type {Access} from '../posix/process-folder.ts';

/** In the order of display. */
export const KINDS = [
  'pipe',
  'fifo',
  'unix',
  'tcp',
  'udp',
  'shm',
  'sysv-shm',
  'sysv-msg',
  'sysv-sem',
  'mqueue',
  'eventfd',
  'pty',
  'lock',
  'signal',
] as const;

export type Kind = (typeof KINDS)[number];

/** One process's hold on a channel. */
export interface End {
  readonly pid: number;
  /** Null without a descriptor: a mapping, a System V object, a signal. */
  readonly fd: number | null;
  readonly mode: Access;
  /** For a socket: its inode, which distinguishes the two sides of a connection. */
  readonly socket?: number;
  /** For a pty: its side. */
  readonly side?: 'master' | 'terminal';
}

/** Further facts about a channel; the fields depend on its kind. */
export type Detail = Readonly<Record<string, unknown>>;

/** A way for processes to communicate or to wait for each other. Names come from the processes and are untrusted. */
export interface Channel {
  readonly kind: Kind;
  /** An id like the kernel's: `pipe:[4711]`. Unique within one reading. */
  readonly id: string;
  readonly name: string | null;
  readonly ends: readonly End[];
  readonly detail: Detail;
}

export interface ChannelProcess {
  readonly pid: number;
  /** `comm`: chosen by the process itself; untrusted. */
  readonly name: string;
  /**
   * Ticks after boot at which the process started, as text: identifies it together with the pid. Null if not requested.
   */
  readonly startTime: string | null;
}
