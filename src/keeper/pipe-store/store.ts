/**
 * Keeps pipes beside the keeper: the descriptors of all that this keeper has open lie in a queue in the kernel, too,
 * which anchor and controller have inherited. While any of the three lives, what is in a pipe stays, also when every
 * worker that had it has ended. Nothing is ever taken out of the queue to be used: the next keeper looks into it
 * (earlier.ts), puts its own descriptors behind those of the earlier one, and only then removes those. So a kill
 * finds each pipe in the queue at any moment.
 */
import {messageOf} from '../../base/errors.ts';
import {
  dropDescriptors,
  isDescriptorQueue,
  makeDescriptorQueue,
  messagesIn,
  MOST_IN_A_MESSAGE,
  sendDescriptors,
  type DescriptorQueue,
} from '../../posix/descriptor-queue.ts';
import {writeError} from '../../posix/standard-error.ts';

/** So many messages beyond those that would do: each takes as much of the queue as one that is full. */
const MOST_LOOSE = 64;
/** So many descriptors that are closed here may stay, beside half as many as are open: each is a pipe of this user's. */
const MOST_CLOSED = 64;
/** Errors that pass when the queue holds less. */
const SHORTAGES: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ETOOMANYREFS']);

/** Where the descriptors are kept, and who else holds that open. */
export type Place =
  {readonly queue: DescriptorQueue; readonly inherited: boolean} | {readonly queue: null; readonly unavailable: string};

/** The queue that was inherited, or a new one, which only the controllers of this keeper will hold. */
export function openPlace(inherited: DescriptorQueue | null): Place {
  if (inherited !== null && isDescriptorQueue(inherited)) return {queue: inherited, inherited: true};
  try {
    return {queue: makeDescriptorQueue(), inherited: false};
  } catch (error) {
    return {queue: null, unavailable: messageOf(error)};
  }
}

export class PipeStore {
  readonly queue: DescriptorQueue | null;
  /** The anchor holds the queue, too. */
  readonly isInherited: boolean;
  /** Open here. */
  readonly #open = new Set<number>();
  /** Of those: not in the queue yet. */
  readonly #unsent = new Set<number>();
  /** Messages in the queue, earlier keepers' included. */
  #messages: number;
  /** Descriptors in those that this keeper sent. */
  #sent = 0;
  /** All that earlier keepers left is open here. */
  #isTakenUp = false;
  /** Messages that shall go. */
  #old = 0;
  #isDropping = false;
  /** What was let go of while old messages were being removed lies in those that stay. */
  #isStale = false;
  #problem: string | null = null;

  constructor(place: Place) {
    this.queue = place.queue;
    this.isInherited = place.queue !== null && place.inherited;
    this.#messages = place.queue === null ? 0 : messagesIn(place.queue);
    if (place.queue === null) this.#reportProblem(place.unavailable);
  }

  /** Why not every pipe is kept; null: all are. */
  get problem(): string | null {
    return this.#problem;
  }

  /** How many messages the queue holds. */
  get messages(): number {
    return this.#messages;
  }

  /** Keeps a descriptor, from the next {@link flush} on. */
  hold(fd: number): void {
    this.#open.add(fd);
    this.#unsent.add(fd);
  }

  /** Lets go of a descriptor; to be called before it is closed, since its number is another's then. */
  release(fd: number): void {
    if (!this.#open.delete(fd)) return;
    this.#unsent.delete(fd);
    if (this.#isTakenUp && this.#sent > this.#open.size * 1.5 + MOST_CLOSED) this.#pack();
  }

  /** Removes from the queue what was let go of: a later keeper is not to find it. */
  purge(): void {
    if (!this.#isTakenUp) return;
    this.#isStale = this.#isDropping;
    this.#pack();
  }

  /** Puts what is not in the queue yet there. */
  flush(): void {
    if (this.queue === null || this.#unsent.size === 0) return;
    const error = this.#sendAll();
    if (this.#isDropping) return;
    const needed = Math.ceil(this.#open.size / MOST_IN_A_MESSAGE);
    const canShrink = this.#messages > needed || this.#sent + this.#unsent.size > this.#open.size;
    if (this.#isTakenUp && (this.#messages > needed + MOST_LOOSE || (error !== null && canShrink))) this.#pack();
    else this.#reportProblem(error);
  }

  /** All that earlier keepers left is open here: what they had put into the queue may go. */
  takenUp(): void {
    if (this.#isTakenUp) {
      this.flush();
      return;
    }
    this.#isTakenUp = true;
    this.#pack();
  }

  /** Puts all that is open behind what is there, in as few messages as it takes, then removes what was there. */
  #pack(): void {
    if (this.queue === null || this.#isDropping) return;
    this.#old = this.#messages;
    this.#sent = 0;
    for (const fd of this.#open) this.#unsent.add(fd);
    this.#sendAndDrop(this.queue);
  }

  #sendAndDrop(queue: DescriptorQueue): void {
    const error = this.#sendAll();
    // Where there is no room for both: it is open here still, so it is kept by this keeper alone for that moment.
    this.#isDropping = this.#old > 0 && (error === null || SHORTAGES.has(error));
    if (!this.#isDropping) {
      this.#reportProblem(error);
      if (this.#isStale) this.purge();
      return;
    }
    dropDescriptors(queue, () => {
      this.#old--;
      this.#messages--;
      this.#sendAndDrop(queue);
    });
  }

  /** Says why not all could be sent. */
  #sendAll(): string | null {
    for (const fds of inMessages(this.#unsent)) {
      const error = this.#send(fds);
      if (error !== null) return error;
    }
    return null;
  }

  #send(fds: readonly number[]): string | null {
    if (this.queue === null) return null;
    const error = sendDescriptors(this.queue, fds);
    if (error !== null) return error;
    this.#messages++;
    this.#sent += fds.length;
    for (const fd of fds) this.#unsent.delete(fd);
    return null;
  }

  #reportProblem(problem: string | null): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    writeError(
      problem === null
        ? 'brood keeper: all pipes are kept beside the keeper again\n'
        : `brood keeper: ${weakness(problem)}\n`,
    );
  }
}

function* inMessages(fds: ReadonlySet<number>): Generator<readonly number[]> {
  const all = [...fds];
  for (let at = 0; at < all.length; at += MOST_IN_A_MESSAGE) yield all.slice(at, at + MOST_IN_A_MESSAGE);
}

/** What that means, in words. */
export function weakness(problem: string): string {
  const cause =
    problem === 'ETOOMANYREFS'
      ? 'this user has as many descriptors in unix sockets as it may have open files (ETOOMANYREFS): raise the hard limit of open files (ulimit -Hn)'
      : problem;
  return `not every pipe can be kept beside the keeper: if a worker ends while the keeper is being replaced, its last output may be lost; the cause: ${cause}`;
}
