/**
 * Where workers say how they are (sd_notify(3)): a datagram socket for each run that is to have one. It is read as soon
 * as something comes, and what it means is told as a fact. A flood is held back by the kernel, which lets its sender wait.
 *
 * A message counts if one of the run's processes sent it. Who sent it may be gone when it is read (`systemd-notify` in a
 * script): then it counts if that was the user whose the run is, since it came to the run's own socket.
 */
import type {RunEvents} from '../runs/events.ts';
import {happen} from '../runs/life.ts';
import {closeSync} from 'node:fs';
import {isMember} from '../lineage/members.ts';
import type {Notice} from '../../link/runs.ts';
import {joined, lasting, parseNotice} from './parse.ts';
import {bindNotify, makeNotify, removeNotify, type NotifyAddress} from '../runs/notify-socket.ts';
import {PacedNotices} from './paced.ts';
import {TokenBucket} from '../../link/rate.ts';
import {recordReady} from '../runs/record.ts';
import {mustLeaveRoom} from '../files/descriptor-reserve.ts';
import type {Run} from '../runs/run.ts';
import {drop, endReceiving, MAX_DATAGRAM_BYTES, peek, type Datagram} from '../../posix/datagram.ts';
import {closeSocket, dropMessage} from '../../posix/elsewhere.ts';
import type {Epoll} from '../../posix/epoll.ts';
import {hasEnded, isShortage, readStat} from '../../process/stat.ts';

/** So many are read before others have their turn. */
const AT_ONCE = 64;
/** Who sends more waits: the kernel holds only so many for it. */
const MESSAGES = {perSecond: 1000, burst: 256};
/** After a full reading, the sender waits for a moment at least. */
const REST_MS = 10;
/** Descriptors that were passed are let go of at once, unless whoever has passed them sees to it that this takes long. */
const PATIENCE_MS = 2_000;
/** Of one run, so many kinds of refusals are told. */
const MOST_KINDS = 16;

export interface NotifyHost extends Pick<RunEvents, 'emitFact' | 'extend'> {
  /** The folder of runs. */
  readonly folder: string;
  readonly epoll: Epoll;
  /** Makes that process the main one; answers why not, or null. */
  setMain(run: Run, pid: number): string | null;
}

interface Open extends NotifyAddress {
  readonly run: Run;
  readonly fd: number;
  readonly messages: TokenBucket;
  readonly paced: PacedNotices;
  /** Descriptors that came with the message that waits are being let go of: it was taken in, the next ones were not. */
  isDropping: boolean;
  /** What was refused, so that each is told once. */
  readonly refused: Set<string>;
}

/** How a reading ended: nothing is left, there may be more, or it may not be read now. */
type Ending = 'empty' | 'more' | 'blocked';

const now = (): number => performance.now();

/** All instances of a worker hold up no more than one alone. */
const workerOf = ({id}: Run): string => id.split('/', 1)[0] ?? id;

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

  /** Makes the socket of a new run. Throws ChannelError, and what the kernel refuses. */
  open(run: Run, at: NotifyAddress): void {
    this.#listen(run, at, makeNotify(at));
  }

  /** The socket of a run of another keeper: `fd` where an earlier image of this one had it, else it is made anew. */
  takeUp(run: Run, at: NotifyAddress, fd: number | undefined): void {
    try {
      this.#listen(run, at, fd ?? bindNotify(at));
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

  /** Takes in now what was sent before now, and tells it without delay. */
  drain(run: Run): void {
    const open = this.#open.get(run.token);
    if (!open) return;
    // The kernel holds no more than its net.unix.max_dgram_qlen, but a sender may be quick.
    for (let i = 0; i < AT_ONCE && this.#readMessages(open, AT_ONCE) === 'more'; i++);
    open.paced.flush();
  }

  /** Nothing is left of the run. */
  close(run: Run): void {
    this.#late.delete(run);
    const open = this.#open.get(run.token);
    if (!open) return;
    endReceiving(open.fd);
    this.drain(run);
    const isEmpty = this.#readMessages(open, 1) === 'empty';
    open.paced.flush();
    open.paced.end();
    this.#open.delete(run.token);
    this.#host.epoll.remove(open.fd);
    // With it go the descriptors that wait in it.
    if (isEmpty) closeSync(open.fd);
    else closeSocket(open.fd, workerOf(run));
    removeNotify(open.address);
  }

  /** The run has said something, here or elsewhere. */
  heard(run: Run, notice: Notice): void {
    const isFirstReady = notice.ready === true && !run.notice?.ready;
    if (isFirstReady) {
      try {
        recordReady(this.#host.folder, run.token);
      } catch {
        // Disk full: a later keeper does not know, and the run is only flagged.
      }
    }
    happen(run, {type: 'noticed', notice: joined(run.notice, lasting(notice))});
    if (notice.extendMs !== undefined) this.#host.extend(run, notice.extendMs);
    const open = this.#open.get(run.token);
    if (open) open.paced.addNotice(notice, isFirstReady);
    else this.#host.emitFact({type: 'notified', token: run.token, notice});
  }

  #listen(run: Run, at: NotifyAddress, fd: number): void {
    try {
      mustLeaveRoom([fd]);
      const paced = new PacedNotices({
        emitNotice: notice => this.#host.emitFact({type: 'notified', token: run.token, notice}),
        changeMain: pid => this.#changeMain(open, pid),
        now,
        later: (action, ms) => {
          const timer = setTimeout(action, ms);
          return () => clearTimeout(timer);
        },
      });
      const messages = new TokenBucket(MESSAGES, now());
      const open: Open = {...at, run, fd, messages, paced, isDropping: false, refused: new Set()};
      this.#host.epoll.add(fd, () => this.#readable(open));
      this.#open.set(run.token, open);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  #readable(open: Open): void {
    const ending = this.#readMessages(open, Math.min(AT_ONCE, open.messages.available(now())));
    if (ending === 'empty') this.#watch(open);
    else if (ending === 'more') setTimeout(() => this.#watch(open), Math.max(REST_MS, open.messages.waitMs(now())));
    // else once the descriptors are let go of
  }

  #watch(open: Open): void {
    if (this.#open.get(open.run.token) === open) this.#host.epoll.arm(open.fd);
  }

  /** Takes in at most so many of what waits, and tells it as one. */
  #readMessages(open: Open, most: number): Ending {
    let said: Notice | null = null;
    let ending: Ending = 'more';
    let count = 0;
    for (; count < most; count++) {
      if (open.isDropping) {
        ending = 'blocked';
        break;
      }
      const next = peek(open.fd);
      if (next === null) {
        ending = 'empty';
        break;
      }
      const notice = this.#acceptMessage(open, next);
      // Recorded while it still waits: a keeper that dies in between leaves it to the next one.
      if (notice !== null) said = joined(said, notice);
      if (said?.ready === true && open.run.notice?.ready !== true) {
        this.heard(open.run, said);
        said = null;
      }
      if (next.hasDescriptors) this.#dropElsewhere(open);
      else drop(open.fd);
    }
    open.messages.spend(now(), count);
    if (said !== null) this.heard(open.run, said);
    return open.isDropping ? 'blocked' : ending;
  }

  /** That is also the answer to a barrier: whoever waits at the other end learns that all before was taken in. */
  #dropElsewhere(open: Open): void {
    open.isDropping = true;
    const message =
      'its messages are not read any more: the descriptors that it has passed can not be closed, as of a connection with SO_LINGER whose peer reads nothing';
    const tell = (): void => {
      if (this.#open.get(open.run.token) === open) this.#refuse(open, 'descriptors', open.run.pid ?? 0, message);
    };
    const timer = setTimeout(tell, PATIENCE_MS);
    dropMessage(open.fd, workerOf(open.run), () => {
      clearTimeout(timer);
      open.isDropping = false;
      this.#watch(open);
    });
  }

  #acceptMessage(open: Open, {bytes, sender}: Datagram): Notice | null {
    const {run, paced} = open;
    if (sender === null) return null;
    if (!this.#counts(open, sender)) {
      this.#refuse(open, 'sender', sender.pid, `a message of pid ${sender.pid}, which is none of its processes`);
      return null;
    }
    if (bytes === null) {
      this.#refuse(open, 'long', sender.pid, `a message of over ${MAX_DATAGRAM_BYTES} bytes`);
      return null;
    }
    const {notice, mainPid, unsupported} = parseNotice(bytes);
    for (const name of unsupported) this.#refuse(open, `name ${name}`, sender.pid, `${name}= is not supported`);
    if (mainPid === run.pid) paced.keepMain();
    else if (mainPid !== null) paced.changeMain(mainPid);
    return notice;
  }

  #changeMain(open: Open, pid: number): void {
    if (pid === open.run.pid) return;
    const refused = this.#host.setMain(open.run, pid);
    if (refused !== null) this.#refuse(open, 'main', pid, `MAINPID=${pid}: ${refused}`);
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
    if (refused.has(kind) || refused.size >= MOST_KINDS) return;
    refused.add(kind);
    this.#host.emitFact({type: 'notify-refused', token: run.token, pid, message});
  }
}
