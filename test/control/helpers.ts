import {mkdirSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {connect, type Socket} from 'node:net';
import {onTestFinished} from 'vitest';
import {inFolder} from '../../src/control/folder.ts';
import {ControlServer, type ControlServerOptions} from '../../src/control/server.ts';

/** Creates a folder that is removed when the running test ends. */
export function scratch(...deeper: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'brood-test-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true, maxRetries: 5}));
  // Not in /tmp itself: an ordinary user's fleets are refused in a folder of root's.
  const folder = join(root, 'home', ...deeper);
  mkdirSync(folder, {recursive: true});
  return folder;
}

/** Starts a server in a folder of its own; closes it when the test ends. */
export async function serve(
  handlers: ControlServerOptions['handlers'],
  options: Partial<ControlServerOptions> & {folder?: string} = {},
): Promise<{server: ControlServer; folder: string; errors: unknown[]}> {
  const folder = options.folder ?? scratch();
  const errors: unknown[] = [];
  const server = new ControlServer({
    socketPath: inFolder.socket(folder),
    handlers,
    peerOf: () => ({uid: 4711, pid: process.pid}),
    allowedUids: new Set([4711]),
    onError: error => errors.push(error),
    ...options,
  });
  await server.listen();
  onTestFinished(() => server.close());
  return {server, folder, errors};
}

/** A client that sends raw text. */
export class Raw {
  readonly socket: Socket;
  closed = false;
  readonly #lines: unknown[] = [];
  #rest = '';
  #wake = (): void => undefined;

  constructor(folder: string, {allowHalfOpen = false} = {}) {
    this.socket = connect({path: inFolder.socket(folder), allowHalfOpen});
    this.socket.setEncoding('utf8');
    this.socket.on('data', (text: string) => {
      const parts = (this.#rest + text).split('\n');
      this.#rest = parts.pop() ?? '';
      for (const part of parts) this.#lines.push(JSON.parse(part));
      this.#wake();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  say(message: unknown): void {
    this.socket.write(typeof message === 'string' ? message : JSON.stringify(message) + '\n');
  }

  /** Returns the next message, or null when the connection has ended. */
  async next(): Promise<unknown> {
    for (;;) {
      if (this.#lines.length > 0) return this.#lines.shift();
      if (this.closed) return null;
      await new Promise<void>(resolve => (this.#wake = resolve));
    }
  }

  async ended(): Promise<void> {
    while (!this.closed) await new Promise<void>(resolve => (this.#wake = resolve));
  }
}

/** Waits until `probe` returns something truthy. */
export async function until<T>(what: string, probe: () => T | Promise<T>, ms = 10_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}
