/** A running `brood trace`, and its output. */
import {type ChildProcess} from 'node:child_process';
import {TestFleet, until} from './harness.ts';

export interface Line {
  readonly at: string;
  readonly type: string;
  readonly pid: number | null;
  readonly ppid?: number | null;
  readonly child?: number;
  readonly worker: string | null;
  readonly instance: number | null;
  readonly command?: string | null;
  readonly code?: number | null;
  readonly signal?: string | null;
}

/** A running `brood trace`, with its output so far. */
export class Running {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly #lines: Line[] = [];
  #parsed = 0;

  constructor(fleet: TestFleet, ...args: string[]) {
    this.child = fleet.start(['trace', ...args], {stdio: ['ignore', 'pipe', 'pipe']});
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
  }

  /** The parsed lines, if `--json` is set. */
  get lines(): readonly Line[] {
    const end = this.out.lastIndexOf('\n');
    const fresh = this.out.slice(this.#parsed, end + 1).split('\n');
    this.#parsed = end + 1;
    for (const line of fresh) if (line !== '') this.#lines.push(JSON.parse(line) as Line);
    return this.#lines;
  }

  async ended(): Promise<number | null> {
    return until('the end of brood trace', () => {
      const {exitCode, signalCode} = this.child;
      return exitCode !== null || signalCode !== null ? {exitCode} : null;
    }).then(({exitCode}) => exitCode);
  }
}

export async function tracing(
  fleet: TestFleet,
  args: string[],
  body: (trace: Running) => Promise<void>,
): Promise<void> {
  const trace = new Running(fleet, ...args);
  try {
    await body(trace);
  } finally {
    trace.child.kill('SIGKILL');
  }
}

export const SEVEN = 'while :; do sleep 0.2; sh -c "exit 7"; done';
