/** `brood top`: from a fleet, or none, to a terminal that shows it until somebody leaves. */
import {hasCode} from '../src/base/errors.ts';
import {writeFileSync} from 'node:fs';
import type {ReadStream, WriteStream} from 'node:tty';
import type {Mouse} from 'blessed';
import {openSource} from '../src/process/open-source.ts';
import {Snapshot} from '../src/process/snapshot.ts';
import {App} from './app.ts';
import {FleetFeed} from './data/fleet-feed.ts';
import {World} from './data/world.ts';
import {glyphsOf} from './screen/glyphs.ts';
import {depthOf} from './screen/styles.ts';
import {Terminal} from './screen/terminal.ts';
import {LogsView} from './views/logs.ts';

export interface TopOptions {
  /** Null: the machine alone. */
  readonly fleet: {readonly folder: string; readonly name: string} | null;
  readonly intervalMs: number;
  readonly readOnly: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly input: ReadStream;
  readonly output: WriteStream;
}

/** A frame takes that long at least (ms): what changes in between is drawn together. */
const FRAME_MS = 33;
/** Messages and clocks go on where nothing else changes. */
const IDLE_MS = 1_000;
const ENDS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const;
const NUMBERS: Readonly<Record<(typeof ENDS)[number], number>> = {SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15};

/** Answers the exit code, when somebody has left or something has ended it. The terminal is as it was then. */
export function runTop(options: TopOptions): Promise<number> {
  const {env, input, output} = options;
  return new Promise((resolve, reject) => {
    let over = false;
    let frame: NodeJS.Timeout | null = null;
    const glyphs = glyphsOf(env);
    const fleet = options.fleet && new FleetFeed({...options.fleet, changed: () => changed()});
    const signals = ENDS.map(signal => {
      const handler = (): void => end(128 + NUMBERS[signal]);
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const resume = (): void => {
      terminal.invalidate();
      changed();
    };
    process.on('SIGCONT', resume);
    const terminal = new Terminal({
      input,
      output,
      env,
      depth: depthOf(env),
      unicode: !glyphs.ascii,
      key: name => attempt(() => (app ? app.key(name) : name === 'q' || name === 'C-c' ? end(0) : undefined)),
      mouse: event => attempt(() => take(event)),
      resize: () => changed(),
      hangup: () => end(129),
    });
    /** Null until the first reading. */
    let app: App | null = null;
    const end = (code: number, error?: unknown): void => {
      if (over) return;
      over = true;
      if (frame) clearTimeout(frame);
      clearInterval(idle);
      for (const off of signals) off();
      process.off('SIGCONT', resume);
      process.off('uncaughtException', crash);
      terminal.close();
      fleet?.close();
      app?.world.snapshot.close();
      for (const view of app?.views ?? []) if (view instanceof LogsView) view.close();
      if (error === undefined) resolve(code);
      else reject(error instanceof Error ? error : new Error('brood top has ended', {cause: error}));
    };
    const crash = (error: unknown): void => end(1, error);
    process.on('uncaughtException', crash);
    const attempt = (action: () => void): void => {
      try {
        action();
      } catch (error) {
        crash(error);
      }
    };
    const take = ({action, x, y}: Mouse): void => {
      if (action === 'wheelup') app?.wheel(-1);
      else if (action === 'wheeldown') app?.wheel(1);
      else if (action === 'mousedown') app?.click(x, y);
    };
    const draw = (): void => {
      frame = null;
      const shown = app;
      if (over || !shown) return;
      // A slow line gets fewer frames, and none of them is old when it arrives.
      if (terminal.isBehind) changed();
      else attempt(() => terminal.present(shown.draw(terminal.width, terminal.height)));
    };
    const changed = (): void => {
      if (!over) frame ??= setTimeout(draw, FRAME_MS);
    };
    const idle = setInterval(changed, IDLE_MS);
    const host = {
      glyphs,
      readOnly: options.readOnly,
      get mouse() {
        return terminal.mouse;
      },
      set mouse(on: boolean) {
        terminal.mouse = on;
      },
      changed: () => changed(),
      quit: () => end(0),
      save,
    };
    const start = async (): Promise<void> => {
      const world = new World(new Snapshot(await openSource({again: true, below: null, portable: false})), fleet);
      const made = new App(world, host);
      app = made;
      terminal.mouse = true;
      while (!isOver()) {
        const began = performance.now();
        // What is frozen stands for the processes that it showed then: their rows must not become others'.
        if (!made.frozen) await world.refresh();
        if (isOver()) return;
        if (!made.frozen) attempt(() => made.refreshed());
        const rest = Math.max(50, options.intervalMs - (performance.now() - began));
        await new Promise(next => setTimeout(next, rest).unref());
      }
    };
    const isOver = (): boolean => over;
    start().catch(crash);
  });
}

/** Into the working directory, without overwriting anything. */
function save(text: string): string {
  const stamp = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
  for (let n = 1; ; n++) {
    const name = `brood-top-${stamp}${n === 1 ? '' : `-${n}`}.txt`;
    try {
      writeFileSync(name, text, {flag: 'wx', mode: 0o600});
      return name;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
  }
}
