/** Turns for writing to a log: one source after another, so the output of two runs is never mixed. */

/** A source that waits for its turn to write. */
export interface Turn {
  start(): void;
  /** Called when the log can't be written: a run that is over then leaves its output in the pipe. */
  logHeld(): void;
}

export class Turns {
  readonly #turns: Turn[] = [];

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  add(turn: Turn): void {
    this.#turns.push(turn);
    if (this.#turns.length === 1) queueMicrotask(() => turn.start());
  }

  isCurrent(turn: Turn): boolean {
    return this.#turns[0] === turn;
  }

  end(turn: Turn): void {
    const index = this.#turns.indexOf(turn);
    if (index >= 0) this.#turns.splice(index, 1);
    if (index === 0) this.#turns[0]?.start();
  }

  held(): void {
    for (const turn of this.#turns) turn.logHeld();
  }
}

/** A gate: callers that arrive while it is closed wait until it opens. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
  }

  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
  }

  open(): void {
    this.#isClosed = false;
    for (const goOn of this.#waiting.splice(0)) goOn();
  }
}
