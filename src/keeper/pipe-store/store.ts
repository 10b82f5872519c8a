/**
 * Keeps pipes beside the keeper: the descriptors of all pipes that this keeper has open also lie in a queue in the
 * kernel, which anchor and controller have inherited. While any of the three lives, the content of a pipe stays, even
 * when every worker that had it open has ended. No descriptor is ever taken out of the queue for use: the next keeper
 * peeks into it (earlier.ts), puts its own descriptors behind those of the earlier keeper, and only then removes those.
 * So each pipe is in the queue at any moment, whenever a keeper is killed.
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

/** Messages allowed beyond the required number: each takes as much of the queue as a full one. */
const MOST_LOOSE = 64;
/** Released descriptors that may stay in the queue, beside half as many as are open: each is a pipe of this user's. */
const MOST_CLOSED = 64;
/** Errors that pass once the queue holds less. */
const SHORTAGES: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM', 'ETOOMANYREFS']);

/** The queue for descriptors and whether the anchor holds it as well, or why there is no queue. */
export type Place =
  {readonly queue: DescriptorQueue; readonly inherited: boolean} | {readonly queue: null; readonly unavailable: string};

/** Returns the inherited queue, or a new one that only this keeper and its controllers hold. */
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
  /** Descriptors that are open in this keeper. */
  readonly #open = new Set<number>();
  /** Open descriptors that are not in the queue yet. */
  readonly #unsent = new Set<number>();
  /** Messages in the queue, including those of earlier keepers. */
  #messages: number;
  /** Descriptors in the messages of this keeper. */
  #sent = 0;
  /** All pipes of earlier keepers are open in this keeper. */
  #isTakenUp = false;
  /** Old messages to remove. */
  #old = 0;
  #isDropping = false;
  /** A purge was requested while old messages were being removed: those that stay hold released descriptors. */
  #isStale = false;
  #problem: string | null = null;

  constructor(place: Place) {
    this.queue = place.queue;
    this.isInherited = place.queue !== null && place.inherited;
    this.#messages = place.queue === null ? 0 : messagesIn(place.queue);
    if (place.queue === null) this.#reportProblem(place.unavailable);
  }

  /** Why not every pipe is kept, or null if all are. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The number of messages in the queue. */
  get messages(): number {
    return this.#messages;
  }

  /** Keeps a descriptor in the queue, from the next {@link flush} on. */
  hold(fd: number): void {
    this.#open.add(fd);
    this.#unsent.add(fd);
  }

  /** Releases a descriptor. To be called before it is closed, since its number may be reused then. */
  release(fd: number): void {
    if (!this.#open.delete(fd)) return;
    this.#unsent.delete(fd);
    if (this.#isTakenUp && this.#sent > this.#open.size * 1.5 + MOST_CLOSED) this.#pack();
  }

  /** Removes released descriptors from the queue, so that a later keeper does not find them. */
  purge(): void {
    if (!this.#isTakenUp) return;
    this.#isStale = this.#isDropping;
    this.#pack();
  }

  /** Sends the unsent descriptors to the queue. */
  flush(): void {
    if (this.queue === null || this.#unsent.size === 0) return;
    const error = this.#sendAll();
    if (this.#isDropping) return;
    const needed = Math.ceil(this.#open.size / MOST_IN_A_MESSAGE);
    const canShrink = this.#messages > needed || this.#sent + this.#unsent.size > this.#open.size;
    if (this.#isTakenUp && (this.#messages > needed + MOST_LOOSE || (error !== null && canShrink))) this.#pack();
    else this.#reportProblem(error);
  }

  /** Replaces the messages of earlier keepers, once all their pipes are open in this keeper. Later calls only flush. */
  takenUp(): void {
    if (this.#isTakenUp) {
      this.flush();
      return;
    }
    this.#isTakenUp = true;
    this.#pack();
  }

  /** Sends all open descriptors again, in as few messages as possible, then removes the older messages. */
  #pack(): void {
    if (this.queue === null || this.#isDropping) return;
    this.#old = this.#messages;
    this.#sent = 0;
    for (const fd of this.#open) this.#unsent.add(fd);
    this.#sendAndDrop(this.queue);
  }

  #sendAndDrop(queue: DescriptorQueue): void {
    const error = this.#sendAll();
    // If both do not fit, old messages go first: until then, only this keeper itself holds those pipes open.
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

  /** Sends the unsent descriptors. Returns the error that stopped it, or null. */
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
        ? 'brood keeper: all pipes are stored outside the keeper again\n'
        : `brood keeper: ${weakness(problem)}\n`,
    );
  }
}

function* inMessages(fds: ReadonlySet<number>): Generator<readonly number[]> {
  const all = [...fds];
  for (let at = 0; at < all.length; at += MOST_IN_A_MESSAGE) yield all.slice(at, at + MOST_IN_A_MESSAGE);
}

/** Describes a problem and its consequence. */
export function weakness(problem: string): string {
  const cause =
    problem === 'ETOOMANYREFS'
      ? 'this user has as many descriptors in unix sockets as the limit of open files allows (ETOOMANYREFS): raise the hard limit (ulimit -Hn)'
      : problem;
  return `not every pipe can be stored outside the keeper: if a worker ends while the keeper is being replaced, its last output may be lost; cause: ${cause}`;
}
