/** Prints lines of output, as text or as JSON. */
import type {Instance, LogLine} from '../../logs/read.ts';
import type {Output} from '../terminal/output.ts';
import {styleOfName} from '../terminal/paint.ts';
import {terminalSafe} from '../../text/sanitize.ts';

export interface PrinterOptions {
  readonly json: boolean;
  /** Whether each line begins with the id of its instance. */
  readonly prefix: boolean;
}

export class LogPrinter {
  readonly #out: Output;
  readonly #options: PrinterOptions;
  readonly #prefixes = new Map<string, string>();
  #width = 0;

  constructor(out: Output, options: PrinterOptions) {
    this.#out = out;
    this.#options = options;
  }

  /** Makes room for the instance's id, so that the text of all lines begins in one column. */
  expect({worker, instance}: Instance): void {
    const width = `${worker}/${instance}`.length;
    if (width <= this.#width) return;
    this.#width = width;
    this.#prefixes.clear();
  }

  /** Prints a line. If the reader is behind, returns a promise that resolves when it has caught up. */
  print(line: LogLine): Promise<void> | undefined {
    if (this.#options.json) this.#out.json(recordOf(line));
    // eslint-disable-next-line no-restricted-syntax -- cleaned for a terminal; in a pipe as it was written
    else this.#out.exactLine(this.#text(line));
    return this.#out.full ? this.#out.drained() : undefined;
  }

  #text(line: LogLine): string {
    // A pipe gets the text unchanged: its reader is no terminal.
    const text = this.#out.isTerminal ? terminalSafe(line.line) : line.line;
    return this.#options.prefix ? this.#prefix(line) + text : text;
  }

  #prefix(line: LogLine): string {
    const {worker, instance} = line;
    const id = `${worker}/${instance}`;
    const known = this.#prefixes.get(id);
    if (known !== undefined) return known;
    this.expect(line);
    const made = this.#out.paint(styleOfName(id), `${id.padEnd(this.#width)} |`) + ' ';
    this.#prefixes.set(id, made);
    return made;
  }
}

function recordOf({at, worker, instance, stream, line, partial}: LogLine): object {
  const record = {at: new Date(at).toISOString(), worker, instance, stream, line};
  return partial ? {...record, partial} : record;
}
