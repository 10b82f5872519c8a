/**
 * Checks the numbers in one stream of one instance: every line of a run once and in order, and the lines of each run
 * together. Only the last line of a killed run may be cut off.
 */
const LINE = /^([0-9a-f]{32}) (\d+) (\d+)(?: (begins|x+))?$/;
const NEWLINE = 10;
/** More than any line that is written. */
const MAX_LINE_BYTES = 4096;

interface Run {
  readonly token: string;
  readonly pid: string;
  /** Number of its last line. */
  last: number;
  /** Number of x that its lines end with. */
  pad: number;
}

export class Numbering {
  readonly #runs = new Map<string, number>();
  #run: Run | null = null;
  #rest: Buffer = Buffer.alloc(0);
  /** Complaints not yet taken. */
  readonly #complaints: string[] = [];
  lines = 0;

  /** Returns the number of the last line of a run, or 0. */
  lastOf(token: string): number {
    return this.#runs.get(token) ?? 0;
  }

  get runs(): number {
    return this.#runs.size;
  }

  /** The run of the latest line. */
  get current(): string | null {
    return this.#run?.token ?? null;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let begin = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
      this.#line(bytes.toString('latin1', begin, end));
      begin = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(begin));
    if (this.#rest.length > MAX_LINE_BYTES) {
      this.#logError(`a line does not end: ${quote(this.#rest.toString('latin1', 0, 200))}`);
      this.#rest = Buffer.alloc(0);
    }
  }

  /** Ends the stream. */
  end(): void {
    const rest = this.#rest.toString('latin1');
    if (rest !== '' && !this.#isCutOff(rest)) this.#logError(`the last line is torn: ${quote(rest)}`);
    this.#rest = Buffer.alloc(0);
  }

  takeComplaints(): string[] {
    return this.#complaints.splice(0);
  }

  #line(text: string): void {
    this.lines++;
    const match = LINE.exec(text);
    if (match) {
      const [, token = '', pid = '', number = '', rest = ''] = match;
      this.#numbered(token, pid, Number(number), rest.startsWith('x') ? rest.length : 0, text);
      return;
    }
    // The cut-off last line of a killed run, directly followed by the first line of the next.
    for (let at = text.length - 1; at > 0; at--) {
      const [whole, token = '', pid = '', rest = ''] =
        /^([0-9a-f]{32}) (\d+) 1(?: (begins|x+))?$/.exec(text.slice(at)) ?? [];
      if (whole === undefined || token === this.#run?.token || !this.#isCutOff(text.slice(0, at))) continue;
      this.#numbered(token, pid, 1, rest.startsWith('x') ? rest.length : 0, whole);
      return;
    }
    this.#logError(
      `no line of a worker: ${quote(text)} after line ${this.#run?.last ?? 0} of ${this.#run?.token ?? '-'}`,
    );
  }

  #numbered(token: string, pid: string, number: number, pad: number, text: string): void {
    let run = this.#run;
    if (run?.token !== token) {
      if (this.#runs.has(token)) this.#logError(`run ${token} goes on after another one has begun: ${quote(text)}`);
      run = {token, pid, last: this.lastOf(token), pad};
      this.#run = run;
    }
    if (number !== run.last + 1) {
      const what = number > run.last ? 'lost' : 'repeated or out of order';
      this.#logError(`lines ${what}: ${number} came after ${run.last} of run ${token} (pid ${pid})`);
    }
    if (pid !== run.pid || pad !== run.pad) this.#logError(`bytes lost or mixed in line ${number}: ${quote(text)}`);
    run.last = Math.max(run.last, number);
    this.#runs.set(token, run.last);
  }

  /** Whether the text is the beginning of the next line of the current run. */
  #isCutOff(text: string): boolean {
    const run = this.#run;
    if (!run) return false;
    const next = `${run.token} ${run.pid} ${run.last + 1}${run.pad > 0 ? ` ${'x'.repeat(run.pad)}` : ''}`;
    return next.startsWith(text);
  }

  #logError(words: string): void {
    this.#complaints.push(words);
  }
}

const quote = (text: string): string =>
  JSON.stringify(text.length > 200 ? `${text.slice(0, 100)}…${text.slice(-80)}` : text);
