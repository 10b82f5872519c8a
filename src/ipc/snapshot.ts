/** One walk over all processes for all kinds of channels, which gathers only what the requested kinds need. */
import {existsSync, readdirSync} from 'node:fs';
import type {Access, Link, Mapping, Target} from '../posix/process-folder.ts';
import {hasSomething, introduce} from './introduction.ts';
import type {ProcessFiles} from './process-files.ts';
import {processFiles} from './source.ts';
import {beginningOf, textOf} from './text.ts';
import type {ChannelProcess, End} from './types.ts';

/** The data that a kind needs. */
export type Need = 'pipes' | 'sockets' | 'files' | 'eventfds' | 'mappings' | 'signals';

/** A descriptor that leads to a file, a FIFO or a device. */
export interface OpenFile extends Target {
  readonly pid: number;
  readonly fd: number;
  /** Not read for an ordinary file on disk: always `r`. */
  readonly mode: Access;
  /** The path as the process sees it, with ` (deleted)` appended if the file has lost its name; untrusted. */
  readonly path: string;
}

export interface SharedMapping extends Mapping {
  readonly pid: number;
}

export interface EventFd {
  readonly end: End;
  /** The text of its `fdinfo`. */
  readonly info: string;
}

export interface Snapshot {
  readonly root: string;
  /** By inode. */
  readonly pipes: ReadonlyMap<number, readonly End[]>;
  readonly sockets: ReadonlyMap<number, readonly End[]>;
  readonly files: readonly OpenFile[];
  readonly eventfds: readonly EventFd[];
  readonly mappings: readonly SharedMapping[];
  /** `status` of each process. */
  readonly statuses: ReadonlyMap<number, string>;
  /** Returns a process, or null if there is no such process (any more). */
  process(pid: number): ChannelProcess | null;
  /** Processes with descriptors or mappings that this user may not read. */
  readonly denied: readonly number[];
  /**
   * Returns a file of one process, or (`null`) of the whole machine. `most`: for a file that others make long, little
   * more than that many bytes.
   */
  text(pid: number | null, path: string, most?: number): string | null;
  /** Records a description of skipped data. */
  leaveOut(words: string): void;
  /** All recorded descriptions. */
  readonly leftOut: readonly string[];
}

const S_IFREG = 0o100000;
/** Prefix of the devices of file systems in memory, or on the network. */
const WITHOUT_DISK = '00:';

class Gathering {
  readonly pipes = new Map<number, End[]>();
  readonly sockets = new Map<number, End[]>();
  readonly files: OpenFile[] = [];
  readonly eventfds: EventFd[] = [];
  readonly mappings: SharedMapping[] = [];
  readonly statuses = new Map<number, string>();
  readonly processes = new Map<number, ChannelProcess>();
  readonly denied: number[] = [];
  readonly #source: ProcessFiles;
  readonly #needs: ReadonlySet<Need>;
  readonly #signalsOf: ReadonlySet<number> | null;
  readonly #startTimes: boolean;
  readonly #looksAtLinks: boolean;
  #pid = 0;
  #found = false;

  constructor(source: ProcessFiles, {needs, signalsOf, startTimes}: Wanted) {
    this.#source = source;
    this.#needs = needs;
    this.#signalsOf = signalsOf;
    this.#startTimes = startTimes;
    this.#looksAtLinks = (['pipes', 'sockets', 'files', 'eventfds'] as const).some(need => needs.has(need));
  }

  process(pid: number): void {
    const source = this.#source;
    source.enter(pid);
    this.#pid = pid;
    this.#found = false;
    const refusals = [
      this.#looksAtLinks ? source.eachLink(this.#link) : null,
      this.#needs.has('mappings') ? source.eachSharedMapping(this.#mapping) : null,
    ];
    let status: string | null = null;
    if (this.#needs.has('signals') && this.#signalsOf?.has(pid) !== false) {
      status = source.read('status');
      if (status !== null) this.statuses.set(pid, status);
      this.#found ||= status !== null;
    }
    if (this.#found) {
      const known = introduce(source, pid, status, this.#startTimes);
      if (known !== null) this.processes.set(pid, known);
    }
    if (refusals.includes('denied') && hasSomething(source)) this.denied.push(pid);
    source.leave();
  }

  // Most links are sockets and pipes, identified by their first bytes without a conversion to text.
  readonly #link = (link: Link): void => {
    const {text} = link;
    const first = text[0];
    if (first === 0x2f) {
      if (this.#needs.has('files')) this.#file(link);
    } else if (first === 0x73 && text[6] === 0x3a) {
      // socket:[
      if (this.#needs.has('sockets')) this.#socket(numberIn(link, 8), link.fd);
    } else if (first === 0x70 && text[4] === 0x3a) {
      // pipe:[
      if (this.#needs.has('pipes')) this.#pipe(numberIn(link, 6), link.fd, link.access());
    } else if (first === 0x61 && this.#needs.has('eventfds')) {
      if (text.toString('latin1', 0, link.length) === 'anon_inode:[eventfd]') this.#eventfd(link.fd);
    }
  };

  #socket(inode: number, fd: number): void {
    this.#hold(this.sockets, inode, {pid: this.#pid, fd, mode: 'rw', socket: inode});
  }

  #pipe(inode: number, fd: number, mode: Access | null): void {
    if (mode !== null) this.#hold(this.pipes, inode, {pid: this.#pid, fd, mode});
  }

  #hold(into: Map<number, End[]>, inode: number, end: End): void {
    this.#found = true;
    const others = into.get(inode);
    if (others) others.push(end);
    else into.set(inode, [end]);
  }

  #file(link: Link): void {
    const path = link.text.toString('utf8', 0, link.length);
    if (path === '/dev/null') return;
    const target = link.target();
    if (target === null) return;
    const {type, inode, device, major, minor} = target;
    // The access mode of an ordinary file is not needed: the file counts only if there is a lock on it.
    const isOrdinary = type === S_IFREG && !device.startsWith(WITHOUT_DISK);
    const mode = isOrdinary ? 'r' : link.access();
    if (mode === null) return;
    this.files.push({pid: this.#pid, fd: link.fd, mode, path, type, inode, device, major, minor});
    this.#found = true;
  }

  #eventfd(fd: number): void {
    const info = this.#source.read(`fdinfo/${fd}`);
    if (info === null) return;
    this.eventfds.push({end: {pid: this.#pid, fd, mode: 'rw'}, info});
    this.#found = true;
  }

  readonly #mapping = ({path, inode, device, access}: Mapping): void => {
    this.mappings.push({path, inode, device, access, pid: this.#pid});
    this.#found = true;
  };
}

function numberIn({text, length}: Link, from: number): number {
  let value = 0;
  for (let at = from; at < length; at++) {
    const digit = (text[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  return value;
}

/** Returns all pids; none if there is no /proc. */
function pidsIn(root: string): number[] {
  const pids: number[] = [];
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const first = name.charCodeAt(0);
    if (first >= 0x31 && first <= 0x39) pids.push(Number(name));
  }
  return pids;
}

export interface Wanted {
  readonly needs: ReadonlySet<Need>;
  /** Processes whose signals are read; null: all. */
  readonly signalsOf: ReadonlySet<number> | null;
  /** Whether start times are read. */
  readonly startTimes: boolean;
}

/** Reads all processes. */
export function takeSnapshot(root: string, wanted: Wanted): Snapshot {
  const source = processFiles(root);
  const gathering = new Gathering(source, wanted);
  try {
    for (const pid of pidsIn(root).sort((a, b) => a - b)) gathering.process(pid);
  } finally {
    source.close();
  }
  const {pipes, sockets, files, eventfds, mappings, statuses, processes, denied} = gathering;
  const text: Snapshot['text'] = (pid, path, most) => {
    const parts = pid === null ? [path] : [pid, path];
    return most === undefined ? textOf(root, ...parts) : beginningOf(most, root, ...parts);
  };
  const leftOut: string[] = [];
  const leaveOut = (words: string): void => void leftOut.push(words);
  const process: Snapshot['process'] = pid => {
    const found = processes.get(pid);
    if (found !== undefined) return found;
    const late = processFiles(root);
    late.enter(pid);
    const introduced = introduce(late, pid, null, wanted.startTimes);
    late.close();
    return introduced;
  };
  return {
    ...{root, pipes, sockets, files, eventfds, mappings, statuses, denied},
    ...{text, process, leaveOut, leftOut},
  };
}
