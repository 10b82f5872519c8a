/**
 * The controller, and the link to it. One is started again whenever it ends: at once, and after a pause if it ended at
 * once. Each gets a lease with a higher number.
 */
import {spawn, type ChildProcess} from 'node:child_process';
import {Socket} from 'node:net';
import {Lines} from './lines.ts';
import {LINK_FD, type Fact, type Order} from './messages.ts';

/** A controller that lived shorter than this died at once. */
const QUICK_MS = 2_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface LinkOptions {
  /** Program and arguments of the next controller. */
  readonly command: () => readonly string[];
  /** A controller has come: it is to be told everything. */
  readonly welcome: (lease: number) => Fact;
  readonly order: (order: Order) => void;
  /** It has ended; the pause before the next. */
  readonly lost: (pid: number | undefined, how: string, pauseMs: number) => void;
}

export class Link {
  readonly #options: LinkOptions;
  #child: ChildProcess | null = null;
  #socket: Socket | null = null;
  #lease = 0;
  #pause = 0;
  #timer: NodeJS.Timeout | null = null;
  #over = false;
  #working = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Whether there is a controller that has given an order. */
  get working(): boolean {
    return this.#working;
  }

  /** No further controller will come. */
  get closed(): boolean {
    return this.#over;
  }

  start(): void {
    this.#timer = null;
    if (this.#over) return;
    const lease = ++this.#lease;
    const startedAt = performance.now();
    const [program = process.execPath, ...args] = this.#options.command();
    const child = spawn(program, args, {stdio: ['ignore', 'inherit', 'inherit', 'pipe']});
    this.#child = child;
    let ended = false;
    const end = (how: string): void => {
      if (ended) return;
      ended = true;
      this.#child = null;
      this.#working = false;
      this.#socket?.destroy();
      this.#socket = null;
      if (this.#over) return;
      const quick = performance.now() - startedAt < QUICK_MS;
      this.#pause = quick ? Math.min(Math.max(this.#pause * 2, FIRST_PAUSE_MS), LONGEST_PAUSE_MS) : 0;
      this.#options.lost(child.pid, how, this.#pause);
      this.#timer = setTimeout(() => this.start(), this.#pause);
    };
    child.on('error', error => end(error.message));
    child.on('exit', (code, signal) => end(signal ?? `exit code ${code ?? '?'}`));
    const socket = child.stdio[LINK_FD];
    if (!(socket instanceof Socket)) return;
    this.#socket = socket;
    const lines = new Lines(line => {
      const order = JSON.parse(line) as Order; // only our own controller holds the other end
      if (order.lease !== this.#lease) return;
      this.#working = true;
      this.#options.order(order);
    });
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => lines.push(chunk));
    socket.on('error', () => {});
    this.#write(this.#options.welcome(lease));
  }

  send(fact: Fact): void {
    this.#write(fact);
  }

  /** No controller is started any more; the last one has been told to go and goes by itself. */
  close(): void {
    this.#over = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket?.end();
  }

  #write(fact: Fact): void {
    this.#socket?.write(`${JSON.stringify(fact)}\n`);
  }
}
