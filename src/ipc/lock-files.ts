/** The descriptors by which processes may hold locks or wait for them. */
import {Allowance} from './allowance.ts';
import {blockedCallsOf} from './blocked-calls.ts';
import {byFile, fileId, withoutDeleted} from './files.ts';
import {lockKeyOf, locksInFdinfo, type LockLine} from './lock-lines.ts';
import {MOST_LOCK_BYTES} from './lock-table.ts';
import type {OpenFile, Snapshot} from './snapshot.ts';

const F_OFD_SETLKW = 38;

/** Lines of `fdinfo` that are read for one file: so many for each of its locks and descriptors, plus a fixed number. */
const LINES_EACH = 8;
const LINES_FREE = 200;
/**
 * The kernel walks all locks of a file for each of its descriptors, but that is quick: so many locks count as one line.
 */
const LOCKS_A_LINE = 100;

/** A process that holds a lock or waits for it, and its descriptor. */
export interface Party {
  readonly pid: number;
  readonly fd: number | null;
}

export class LockFiles {
  readonly #snapshot: Snapshot;
  readonly #holders = new Map<string, Party[]>();
  /** The open file for the file id of a lock line, if a descriptor's `fdinfo` shows that id. */
  readonly #fileOf = new Map<string, OpenFile>();
  readonly #open: ReadonlyMap<string, readonly OpenFile[]>;
  /** By file and pid: the first descriptor of each process. */
  readonly #fds = new Map<string, number>();
  readonly #blocked = new Map<string, readonly Party[]>();
  readonly #blockedFds = new Map<number, ReadonlySet<number>>();
  /** By path: the number of descriptors that were skipped. */
  readonly unseen = new Map<string, number>();

  constructor(snapshot: Snapshot, lines: readonly LockLine[]) {
    this.#snapshot = snapshot;
    const locks = new Map<number, number>();
    const pids = new Set<number | null>();
    for (const {file, pid} of lines) {
      const inode = Number(file.slice(file.lastIndexOf(':') + 1));
      locks.set(inode, (locks.get(inode) ?? 0) + 1);
      pids.add(pid);
    }
    // Some file systems show another device in stat(2) than in /proc/locks (btrfs, overlayfs). So inode or pid select
    // the descriptors to read, and their `fdinfo`, which has the same numbers as /proc/locks, decides.
    this.#open = byFile(snapshot.files.filter(({inode, pid}) => locks.has(inode) || pids.has(pid)));
    for (const [id, files] of this.#open)
      for (const {pid, fd} of files) {
        const key = `${id} ${pid}`;
        if (!this.#fds.has(key)) this.#fds.set(key, fd);
      }
    for (const files of this.#open.values()) this.#ask(files, locks.get(files[0]?.inode ?? 0) ?? 0);
  }

  /** Reads the locks that each descriptor of a file holds. Each of several duplicates has all of them. */
  #ask(files: readonly OpenFile[], locks: number): void {
    const allowance = new Allowance(LINES_FREE + LINES_EACH * (locks + files.length));
    for (const file of files) {
      const {pid, fd, path} = file;
      if (!allowance.spend(1 + locks / LOCKS_A_LINE)) {
        this.unseen.set(path, (this.unseen.get(path) ?? 0) + 1);
        continue;
      }
      const info = this.#snapshot.text(pid, `fdinfo/${fd}`, MOST_LOCK_BYTES) ?? '';
      const lines = locksInFdinfo(info);
      if (info.length >= MOST_LOCK_BYTES) allowance.exhaust();
      else allowance.spend(lines.length);
      for (const line of lines) {
        const key = lockKeyOf(line);
        const others = this.#holders.get(key);
        if (others) others.push({pid, fd});
        else this.#holders.set(key, [{pid, fd}]);
        this.#fileOf.set(line.file, file);
      }
    }
  }

  path({file}: LockLine): string | null {
    const open = this.#fileOf.get(file);
    return open === undefined ? null : withoutDeleted(open.path);
  }

  holders(line: LockLine): readonly Party[] {
    const found = this.#holders.get(lockKeyOf(line));
    if (found !== undefined) return found;
    // The descriptors may not be readable: use the process that requested the lock.
    return line.pid === null ? [] : [{pid: line.pid, fd: null}];
  }

  /**
   * Returns the waiters of a line. The kernel reports no pid for open file descriptions: then all processes that wait
   * for such a lock on that file.
   */
  waiters(line: LockLine): readonly Party[] {
    const {file, pid} = line;
    if (pid !== null) return [{pid, fd: this.#fdOf(file, pid)}];
    let found = this.#blocked.get(file);
    if (found === undefined) {
      found = this.#openOf(file)
        .filter(({pid: holder, fd}) => this.#blockedFdsOf(holder).has(fd))
        .map(({pid: holder, fd}) => ({pid: holder, fd}));
      this.#blocked.set(file, found);
    }
    return found;
  }

  #openOf(file: string): readonly OpenFile[] {
    const open = this.#fileOf.get(file);
    return open === undefined ? [] : (this.#open.get(fileId(open)) ?? []);
  }

  #fdOf(file: string, pid: number): number | null {
    const open = this.#fileOf.get(file);
    return open === undefined ? null : (this.#fds.get(`${fileId(open)} ${pid}`) ?? null);
  }

  #blockedFdsOf(pid: number): ReadonlySet<number> {
    let fds = this.#blockedFds.get(pid);
    if (fds === undefined) {
      const calls = blockedCallsOf(this.#snapshot, pid).filter(({call}) => call === 'fcntl');
      const waiting = calls.filter(({arguments: [, command]}) => command === F_OFD_SETLKW);
      fds = new Set(waiting.map(({arguments: [on = -1]}) => on));
      this.#blockedFds.set(pid, fds);
    }
    return fds;
  }
}
