/**
 * Notifications from workers (sd_notify(3)): a datagram socket for each run that needs one. Messages are read as soon
 * as they arrive and reported as facts. In a flood, the kernel blocks the sender.
 *
 * A message counts if one of the run's processes sent it. The sender may have ended before the message is read
 * (`systemd-notify` in a script): the message then counts if its sender was the run's user or root, since it arrived at
 * the run's own socket.
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

/** Messages that are read before other events have their turn. */
const AT_ONCE = 64;
/** A faster sender blocks: the kernel queues only a limited number of messages. */
const MESSAGES = {perSecond: 1000, burst: 256};
/** Minimum pause after a read that has reached its limit. */
const REST_MS = 10;
/** Time after which a slow close of passed descriptors is reported: only their sender can cause it. */
const PATIENCE_MS = 2_000;
/** Kinds of refusals that are reported per run. */
const MOST_KINDS = 16;

export interface NotifyHost extends Pick<RunEvents, 'emitFact' | 'extend'> {
  /** The folder of runs. */
  readonly folder: string;
  readonly epoll: Epoll;
  /** Makes a process the main process. Returns the reason for a refusal, or null. */
  setMain(run: Run, pid: number): string | null;
}

interface Open extends NotifyAddress {
  readonly run: Run;
  readonly fd: number;
  readonly messages: TokenBucket;
  readonly paced: PacedNotices;
  /**
   * The first message in the queue was processed, but its descriptors are still being closed; later messages are
   * unread.
   */
  isDropping: boolean;
  /** Kinds of refusals that were reported, each once. */
  readonly refused: Set<string>;
}

/** Result of a read: nothing is left, there may be more, or the socket must not be read now. */
type Ending = 'empty' | 'more' | 'blocked';

const now = (): number => performance.now();

/** Returns the worker of a run, so that all its instances block no more threads than one alone. */
const workerOf = ({id}: Run): string => id.split('/', 1)[0] ?? id;

export class Notify {
  readonly #host: NotifyHost;
  readonly #open = new Map<string, Open>();
  /** Runs for whose sockets no descriptor was available at the takeover. */
  readonly #late = new Map<Run, NotifyAddress>();

  constructor(host: NotifyHost) {
    this.#host = host;
  }

  /** Sockets by token, for the next image of this program: unread messages are not lost. */
  get kept(): (readonly [string, number])[] {
    return [...this.#open].map(([token, {fd}]) => [token, fd]);
  }

  /** Makes the socket of a new run. Throws ChannelError and system errors. */
  open(run: Run, at: NotifyAddress): void {
    this.#listen(run, at, makeNotify(at));
  }

  /**
   * Takes over the socket of another keeper's run: `fd` from an earlier image of this keeper, otherwise a new socket.
   */
  takeUp(run: Run, at: NotifyAddress, fd: number | undefined): void {
    try {
      this.#listen(run, at, fd ?? bindNotify(at));
      this.#late.delete(run);
    } catch (error) {
      // On other errors the run goes without a socket, as if the worker sent nothing.
      if (isShortage(error)) this.#late.set(run, at);
    }
  }

  /** Retries sockets that could not be taken over before. */
  takeUpLate(): void {
    for (const [run, at] of [...this.#late]) this.takeUp(run, at, undefined);
  }

  /** Reads all messages sent before this call and reports them without delay. */
  drain(run: Run): void {
    const open = this.#open.get(run.token);
    if (!open) return;
    // The kernel queues no more than net.unix.max_dgram_qlen messages, but a sender may be quick.
    for (let i = 0; i < AT_ONCE && this.#readMessages(open, AT_ONCE) === 'more'; i++);
    open.paced.flush();
  }

  /** Closes the socket of a run of which nothing is left. */
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
    // Closing the socket closes the descriptors queued in it.
    if (isEmpty) closeSync(open.fd);
    else closeSocket(open.fd, workerOf(run));
    removeNotify(open.address);
  }

  /** Handles a notice from a run, by its socket or its FIFO. */
  heard(run: Run, notice: Notice): void {
    const isFirstReady = notice.ready === true && !run.notice?.ready;
    if (isFirstReady) {
      try {
        recordReady(this.#host.folder, run.token);
      } catch {
        // Disk full: a later keeper does not find the readiness; only the run in memory has it.
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
    // if blocked, reading continues once the descriptors are closed
  }

  #watch(open: Open): void {
    if (this.#open.get(open.run.token) === open) this.#host.epoll.arm(open.fd);
  }

  /** Reads at most `most` messages and reports them as one notice. */
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
      // Readiness is recorded while the message is still queued: if this keeper dies in between, the next one reads it.
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

  /**
   * Drops a message with its descriptors. Their close also answers a barrier: the sender learns that all earlier
   * messages were processed.
   */
  #dropElsewhere(open: Open): void {
    open.isDropping = true;
    const message =
      "its messages are no longer read: descriptors that it passed can't be closed, such as a connection with SO_LINGER whose peer does not read";
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
      this.#refuse(open, 'sender', sender.pid, `message from pid ${sender.pid}, which is not one of its processes`);
      return null;
    }
    if (bytes === null) {
      this.#refuse(open, 'long', sender.pid, `message of more than ${MAX_DATAGRAM_BYTES} bytes`);
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
      return isOwner; // the process can't be examined
    }
  }

  #refuse({run, refused}: Open, kind: string, pid: number, message: string): void {
    if (refused.has(kind) || refused.size >= MOST_KINDS) return;
    refused.add(kind);
    this.#host.emitFact({type: 'notify-refused', token: run.token, pid, message});
  }
}
