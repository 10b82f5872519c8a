/**
 * Where workers say how they are (sd_notify(3)): a datagram socket for each run that is to have one. It is read as soon
 * as something comes, and what it means is told as a fact; a flood is held back by the kernel, which lets a sender wait.
 *
 * A message counts if one of the run's processes sent it. Who sent it may be gone when it is read (`systemd-notify` in a
 * script): then it counts if that was the user whose the run is, since it came to the run's own socket.
 */
import {closeSync} from 'node:fs';
import {isMember} from './members.ts';
import type {Fact, Notice} from './messages.ts';
import {joined, lasting, parseNotice} from './notice.ts';
import {recordReady} from './record.ts';
import {mustLeaveRoom} from './room.ts';
import type {Run} from './run.ts';
import {bindDatagram, receive, type Datagram} from '../posix/datagram.ts';
import type {Epoll} from '../posix/epoll.ts';
import {removeFile} from '../posix/remove.ts';
import {hasEnded, isShortage, readStat} from '../process/stat.ts';

/** So many are read before others have their turn. */
const AT_ONCE = 64;
/** After so many, the sender waits for a moment. */
const REST_MS = 10;

export interface NotifyHost {
  /** The folder of runs. */
  readonly folder: string;
  readonly epoll: Epoll;
  say(fact: Fact): void;
  /** Makes that process the main one; answers why not, or null. */
  setMain(run: Run, pid: number): string | null;
  /** The run needs so much longer to end. */
  extend(run: Run, ms: number): void;
}

export interface NotifyAddress {
  /** A path, or `@name`. */
  readonly address: string;
  readonly owner: {readonly uid: number; readonly gid: number} | null;
}

interface Open extends NotifyAddress {
  readonly run: Run;
  readonly fd: number;
  /** What was refused, so that each is told once. */
  readonly refused: Set<string>;
}

export class Notify {
  readonly #host: NotifyHost;
  readonly #open = new Map<string, Open>();
  /** Those for which there was no descriptor when their run was taken up. */
  readonly #late = new Map<Run, NotifyAddress>();

  constructor(host: NotifyHost) {
    this.#host = host;
  }

  /** By token, for an image of this program that takes them over: what waits in them is not lost. */
  get kept(): (readonly [string, number])[] {
    return [...this.#open].map(([token, {fd}]) => [token, fd]);
  }

  /** Makes the socket of a new run. Throws what the kernel refuses. */
  open(run: Run, at: NotifyAddress): void {
    this.#listen(run, at, bindDatagram(at.address, at.owner));
  }

  /** The socket of a run of another keeper: `fd` where an earlier image of this one had it, else it is made anew. */
  takeUp(run: Run, at: NotifyAddress, fd: number | undefined): void {
    try {
      this.#listen(run, at, fd ?? bindDatagram(at.address, at.owner));
      this.#late.delete(run);
    } catch (error) {
      // Else it can't be: nobody is told anything, as if the worker said nothing.
      if (isShortage(error)) this.#late.set(run, at);
    }
  }

  /** Takes up what could not be taken up before. */
  takeUpLate(): void {
    for (const [run, at] of [...this.#late]) this.takeUp(run, at, undefined);
  }

  /** Takes in now what was sent before now. */
  drain(run: Run): void {
    const open = this.#open.get(run.token);
    // The kernel holds no more than its net.unix.max_dgram_qlen, but a sender may be quick.
    for (let i = 0; open && i < AT_ONCE && this.#read(open); i++);
  }

  /** Nothing is left of the run. */
  close(run: Run): void {
    this.#late.delete(run);
    const open = this.#open.get(run.token);
    if (!open) return;
    this.drain(run);
    this.#open.delete(run.token);
    this.#host.epoll.remove(open.fd);
    closeSync(open.fd);
    if (!open.address.startsWith('@')) removeFile(open.address);
  }

  /** The run has said something, here or elsewhere. */
  heard(run: Run, notice: Notice): void {
    if (notice.ready && !run.notice?.ready) {
      try {
        recordReady(this.#host.folder, run.token);
      } catch {
        // Disk full: a later keeper does not know, and the run is only flagged.
      }
    }
    run.notice = joined(run.notice, lasting(notice));
    if (notice.extendMs !== undefined) this.#host.extend(run, notice.extendMs);
    this.#host.say({type: 'notified', token: run.token, notice});
  }

  #listen(run: Run, at: NotifyAddress, fd: number): void {
    try {
      mustLeaveRoom([fd]);
      const open: Open = {...at, run, fd, refused: new Set()};
      this.#host.epoll.add(fd, () => this.#readable(open));
      this.#open.set(run.token, open);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #readable(open: Open): void {
    const again = (): void => {
      if (this.#open.get(open.run.token) === open) this.#host.epoll.arm(open.fd);
    };
    if (this.#read(open)) setTimeout(again, REST_MS);
    else again();
  }

  /** Takes in some of what waits, and tells it as one; answers whether there may be more. */
  #read(open: Open): boolean {
    let said: Notice | null = null;
    let count = 0;
    for (let next = receive(open.fd); next !== null; next = count < AT_ONCE ? receive(open.fd) : null) {
      count++;
      const notice = this.#take(open, next);
      if (notice !== null) said = joined(said, notice);
    }
    if (said !== null) this.heard(open.run, said);
    return count >= AT_ONCE;
  }

  #take(open: Open, {bytes, sender, fds}: Datagram): Notice | null {
    // Also the answer to a barrier: whoever waits at the other end learns that all before was taken in.
    for (const fd of fds) closeSync(fd);
    if (bytes === null || sender === null) return null;
    if (!this.#counts(open, sender)) {
      this.#refuse(open, 'sender', sender.pid, `a message of pid ${sender.pid}, which is none of its processes`);
      return null;
    }
    const {notice, mainPid} = parseNotice(bytes);
    if (mainPid !== null && mainPid !== open.run.pid) {
      const refused = this.#host.setMain(open.run, mainPid);
      if (refused !== null) this.#refuse(open, 'main', mainPid, `MAINPID=${mainPid}: ${refused}`);
    }
    return notice;
  }

  #counts({run, owner}: Open, {pid, uid}: NonNullable<Datagram['sender']>): boolean {
    if (pid === run.pid) return true;
    const isOwner = uid === 0 || uid === (owner?.uid ?? process.getuid?.());
    try {
      const stat = readStat(pid);
      if (stat !== null && isMember(stat, run)) return true;
      return isOwner && (stat === null || hasEnded(stat));
    } catch (error) {
      if (!isShortage(error)) throw error;
      return isOwner; // nothing can be known of it
    }
  }

  #refuse({run, refused}: Open, kind: string, pid: number, message: string): void {
    if (refused.has(kind)) return;
    refused.add(kind);
    this.#host.say({type: 'notify-refused', token: run.token, pid, message});
  }
}
