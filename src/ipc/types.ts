/** What channels are, and who holds them. */
import type {Access} from '../posix/process-folder.ts';

/** In the order in which they are shown. */
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
  /** Null where there is no descriptor: a mapping, a System V object, a signal. */
  readonly fd: number | null;
  readonly mode: Access;
  /** Of a socket: its inode, which tells the two sides of a connection apart. */
  readonly socket?: number;
  /** Of a pty: which side of it. */
  readonly side?: 'master' | 'terminal';
}

/** What else is known of a channel; which fields there are depends on its kind. */
export type Detail = Readonly<Record<string, unknown>>;

/**
 * A way for processes to talk or to wait for each other. Names come from the processes themselves: they are untrusted.
 */
export interface Channel {
  readonly kind: Kind;
  /** As the kernel calls it: `pipe:[4711]`. Unique within one reading. */
  readonly id: string;
  readonly name: string | null;
  readonly ends: readonly End[];
  readonly detail: Detail;
}

export interface ChannelProcess {
  readonly pid: number;
  /** `comm`: chosen by the process itself; untrusted. */
  readonly name: string;
  /** Ticks after boot at which it was started, as text: with the pid, its identity. Null where nobody asked for it. */
  readonly startTime: string | null;
}
