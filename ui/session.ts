/** One run of `brood top`: handles keys, mouse, signals and readings until the user quits or an event ends it. */
import {constants} from 'node:os';
import type {Mouse} from 'blessed';
import {openSource} from '../src/process/open-source.ts';
import {Snapshot} from '../src/process/snapshot.ts';
import {App} from './app.ts';
import {FleetFeed} from './data/fleet-feed.ts';
import {World} from './data/world.ts';
import type {TopOptions} from './options.ts';
import {saveText} from './save.ts';
import {glyphsOf} from './screen/glyphs.ts';
import {depthOf} from './screen/styles.ts';
import {Terminal} from './screen/terminal.ts';
import {LogsView} from './views/logs.ts';

/** Minimum time of a frame (ms): changes within it are drawn together. */
const FRAME_MS = 33;
/** Interval (ms) of frames without other changes, so that messages and clocks are updated. */
const IDLE_MS = 1_000;
/** Minimum time (ms) between two readings, even if a reading takes long. */
const LEAST_REST_MS = 50;
/** Exit code when the terminal is gone: as for SIGHUP. */
const HANGUP = 128 + constants.signals.SIGHUP;
const ENDS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;

export class Session {
  readonly #options: TopOptions;
  /** @param code the exit code; `error`: the cause of the end */
  readonly #ended: (code: number, error?: unknown) => void;
  readonly #glyphs;
  readonly #fleet: FleetFeed | null;
  readonly #terminal: Terminal;
  /** Reverts the changes made to the process. */
  readonly #undo: (() => void)[] = [];
  /** Null until the first reading. */
  #app: App | null = null;
  #frame: NodeJS.Timeout | null = null;
  #isOver = false;

  constructor(options: TopOptions, ended: (code: number, error?: unknown) => void) {
    const {env, input, output} = options;
    this.#options = options;
    this.#ended = ended;
    this.#glyphs = glyphsOf(env);
    this.#fleet = options.fleet && new FleetFeed({...options.fleet, changed: () => this.#changed()});
    // A signal that arrives while the terminal is being opened must find it restorable.
    for (const signal of ENDS) this.#on(signal, () => this.#end(128 + constants.signals[signal]));
    this.#on('SIGCONT', () => {
      this.#terminal.invalidate();
      this.#changed();
    });
    this.#on('uncaughtException', error => this.#crash(error));
    this.#terminal = new Terminal({
      input,
      output,
      env,
      depth: depthOf(env),
      unicode: !this.#glyphs.ascii,
      key: name => this.#attempt(() => this.#key(name)),
      mouse: event => this.#attempt(() => this.#mouse(event)),
      resize: () => this.#changed(),
      hangup: () => this.#end(HANGUP),
    });
    const idle = setInterval(() => this.#changed(), IDLE_MS);
    this.#undo.push(() => clearInterval(idle));
    this.#run().catch((error: unknown) => this.#crash(error));
  }

  #on(event: string, handler: (error: unknown) => void): void {
    process.on(event, handler);
    this.#undo.push(() => process.off(event, handler));
  }

  async #run(): Promise<void> {
    const source = await openSource({again: true, below: null, portable: false});
    const app = new App(new World(new Snapshot(source), this.#fleet), this.#host());
    this.#app = app;
    this.#terminal.mouse = true;
    for (let began = performance.now(); !this.#isOver; began = performance.now()) {
      // A frozen display refers to the processes that it shows: their rows must not be reused for others.
      if (!app.frozen) await app.world.refresh();
      if (this.#hasEnded()) return;
      if (!app.frozen) this.#attempt(() => app.refreshed());
      const rest = Math.max(LEAST_REST_MS, this.#options.intervalMs - (performance.now() - began));
      await new Promise(next => setTimeout(next, rest).unref());
    }
  }

  /** Whether the session has ended, possibly during a reading. */
  #hasEnded(): boolean {
    return this.#isOver;
  }

  #host(): ConstructorParameters<typeof App>[1] {
    const terminal = this.#terminal;
    return {
      glyphs: this.#glyphs,
      readOnly: this.#options.readOnly,
      get mouse() {
        return terminal.mouse;
      },
      set mouse(on: boolean) {
        terminal.mouse = on;
      },
      changed: () => this.#changed(),
      quit: () => this.#end(0),
      save: saveText,
    };
  }

  #key(name: string): void {
    if (this.#app) this.#app.key(name);
    else if (name === 'q' || name === 'C-c') this.#end(0);
  }

  #mouse({action, x, y}: Mouse): void {
    if (action === 'wheelup') this.#app?.wheel(-1);
    else if (action === 'wheeldown') this.#app?.wheel(1);
    else if (action === 'mousedown') this.#app?.click(x, y);
  }

  #changed(): void {
    if (!this.#isOver) this.#frame ??= setTimeout(() => this.#draw(), FRAME_MS);
  }

  #draw(): void {
    this.#frame = null;
    const app = this.#app;
    const terminal = this.#terminal;
    if (this.#isOver || !app) return;
    // A slow line gets fewer frames, and no frame is outdated when it arrives.
    if (terminal.isBehind) this.#changed();
    else this.#attempt(() => terminal.present(app.draw(terminal.width, terminal.height)));
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#crash(error);
    }
  }

  #crash(error: unknown): void {
    this.#end(1, error);
  }

  #end(code: number, error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#frame) clearTimeout(this.#frame);
    for (const undo of this.#undo) undo();
    this.#terminal.close();
    this.#fleet?.close();
    this.#app?.world.snapshot.close();
    for (const view of this.#app?.views ?? []) if (view instanceof LogsView) view.close();
    this.#ended(code, error);
  }
}
