/** A fleet that lives with a client (a foreground `up`): when that goes away, in whatever manner, the fleet is stopped in order. */
import type {CallContext} from '../control/connection.ts';

/** How long the client has to come, or to come back after the controller was replaced. */
const PATIENCE_MS = 5_000;

export class Attachment {
  readonly #clients = new Set<AbortSignal>();
  readonly #abandoned: () => void;
  #wanted: boolean;

  /** `wanted`: a client has been attached, or will be. */
  constructor(wanted: boolean, abandoned: () => void) {
    this.#wanted = wanted;
    this.#abandoned = abandoned;
    if (wanted) setTimeout(() => this.#look(), PATIENCE_MS);
  }

  /** Whether the fleet lives with a client; to be committed, since a later controller must know it. */
  get wanted(): boolean {
    return this.#wanted;
  }

  /** The connection of a client is the life of the fleet from now on. */
  attach({signal}: CallContext): void {
    this.#wanted = true;
    this.#clients.add(signal);
    signal.addEventListener('abort', () => {
      this.#clients.delete(signal);
      this.#look();
    });
  }

  #look(): void {
    if (this.#clients.size === 0) this.#abandoned();
  }
}
