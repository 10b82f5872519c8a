/**
 * All processes as columns of numbers. A process keeps its row as long as it lives; the memory of a row is used again, so
 * that a reading leaves nothing behind for the garbage collector.
 */

/** In a column of integers: the source can't tell. In a column of floating point numbers NaN says the same. */
export const UNKNOWN = -0x80000000;

/** A value of a column; null where it is unknown. */
export const known = (value: number | undefined): number | null =>
  value === undefined || value === UNKNOWN || Number.isNaN(value) ? null : value;

/** As many bytes as the kernel shows of a name: 15 of a program's, 63 of a kernel thread's. */
export const NAME_BYTES = 64;
const FIRST_CAPACITY = 256;

const INTEGERS = [
  'pid',
  'ppid',
  'pgid',
  'sid',
  'terminal',
  'foreground',
  'state',
  'flags',
  'priority',
  'nice',
  'threads',
  'policy',
  'exitStatus',
] as const;
const NUMBERS = ['startTime', 'cpuTicks', 'cpuPercent', 'rssBytes'] as const;

export class Rows {
  /** Zero only where a file was no process's. */
  pid = integers(FIRST_CAPACITY);
  ppid = integers(FIRST_CAPACITY);
  pgid = integers(FIRST_CAPACITY);
  sid = integers(FIRST_CAPACITY);
  /** The number of the controlling terminal's device; 0: none. */
  terminal = integers(FIRST_CAPACITY);
  /** The process group in the foreground of that terminal; -1: there is none. */
  foreground = integers(FIRST_CAPACITY);
  /** The code of the letter: R S D T t Z X I. */
  state = integers(FIRST_CAPACITY);
  flags = integers(FIRST_CAPACITY);
  /** As the kernel shows it: 20 + nice, below 0 for real-time policies. */
  priority = integers(FIRST_CAPACITY);
  nice = integers(FIRST_CAPACITY);
  threads = integers(FIRST_CAPACITY);
  /** SCHED_OTHER and so on by number (sched(7)). */
  policy = integers(FIRST_CAPACITY);
  /** Of a zombie its wait status (wait(2)), 0 where it may not be read. */
  exitStatus = integers(FIRST_CAPACITY);
  /** With the pid the identity; its unit is the source's, and earlier is less. */
  startTime = numbers(FIRST_CAPACITY);
  /** By so much the starts of two processes may be wrong against each other. */
  startSlack = 0;
  /** Clock ticks of CPU time so far. */
  cpuTicks = numbers(FIRST_CAPACITY);
  /** Of one core, between the last two readings. */
  cpuPercent = numbers(FIRST_CAPACITY);
  rssBytes = numbers(FIRST_CAPACITY);

  /** The names as the kernel has them, {@link NAME_BYTES} for each row. Use {@link name}. */
  #nameBytes = Buffer.alloc(FIRST_CAPACITY * NAME_BYTES);
  #nameLength = new Uint8Array(FIRST_CAPACITY);
  readonly #names: (string | undefined)[] = [];
  /** How often a row's name has changed, or the row another process: what is remembered of a row is worth nothing then. */
  version = new Int32Array(FIRST_CAPACITY);

  #order = new Int32Array(FIRST_CAPACITY);
  #before = new Int32Array(FIRST_CAPACITY);
  #count = 0;
  #countBefore = 0;
  #seen = new Int32Array(FIRST_CAPACITY);
  #reading = 0;
  #used = 0;
  readonly #free: number[] = [];
  readonly #rowOf = new Map<number, number>();

  /** How many processes the last reading found. */
  get count(): number {
    return this.#count;
  }

  /** How many readings there were. */
  get readings(): number {
    return this.#reading;
  }

  get capacity(): number {
    return this.pid.length;
  }

  /** The row of the n-th process, by pid from the smallest. */
  at(n: number): number {
    return this.#order[n] ?? -1;
  }

  /** The row of a process; -1 where the last reading found none of that pid. */
  find(pid: number): number {
    return this.#rowOf.get(pid) ?? -1;
  }

  /** The name that the process has given itself. Untrusted. */
  name(row: number): string {
    return (this.#names[row] ??= this.#nameBytes.toString(
      'utf8',
      row * NAME_BYTES,
      row * NAME_BYTES + (this.#nameLength[row] ?? 0),
    ));
  }

  begin(): void {
    [this.#order, this.#before] = [this.#before, this.#order];
    this.#countBefore = this.#count;
    this.#count = 0;
    this.#reading++;
  }

  /** A row for a process that has none yet, with everything unknown. */
  add(pid: number): number {
    const row = this.#free.pop() ?? this.#used++;
    if (row >= this.capacity) this.#grow();
    for (const column of INTEGERS) this[column][row] = UNKNOWN;
    for (const column of NUMBERS) this[column][row] = NaN;
    this.pid[row] = pid;
    this.#nameLength[row] = 0;
    this.#renamed(row);
    this.#rowOf.set(pid, row);
    return row;
  }

  /** This reading has found the process: it stays. Call it once for each, by rising pid. */
  keep(row: number): void {
    this.#order[this.#count++] = row;
    this.#seen[row] = this.#reading;
  }

  /** The process is gone. */
  remove(row: number): void {
    const pid = this.pid[row] ?? 0;
    if (this.#rowOf.get(pid) === row) this.#rowOf.delete(pid);
    this.pid[row] = 0;
    this.#names[row] = undefined;
    this.#seen[row] = -1;
    this.#free.push(row);
  }

  /** Removes the processes that this reading has not found, each after `gone` was told of it. */
  removeUnseen(gone: (row: number) => void): void {
    for (let n = 0; n < this.#countBefore; n++) {
      const row = this.#before[n] ?? 0;
      const seen = this.#seen[row];
      if (seen === this.#reading || seen === -1) continue;
      gone(row);
      this.remove(row);
    }
  }

  /** The reading came to no end: whom it did not reach stays as the last one found him. */
  abandon(): void {
    for (let n = 0; n < this.#countBefore; n++) {
      const row = this.#before[n] ?? 0;
      const seen = this.#seen[row];
      if (seen !== this.#reading && seen !== -1) this.keep(row);
    }
  }

  setName(row: number, bytes: Uint8Array, from: number, to: number): void {
    const length = Math.min(NAME_BYTES, to - from);
    const start = row * NAME_BYTES;
    let same = this.#nameLength[row] === length;
    for (let i = 0; i < length; i++) {
      const byte = bytes[from + i] ?? 0;
      if (this.#nameBytes[start + i] === byte) continue;
      this.#nameBytes[start + i] = byte;
      same = false;
    }
    if (same) return;
    this.#nameLength[row] = length;
    this.#renamed(row);
  }

  setNameText(row: number, name: string): void {
    if (this.#names[row] === name) return;
    this.#renamed(row);
    this.#names[row] = name;
  }

  #renamed(row: number): void {
    this.#names[row] = undefined;
    this.version[row] = (this.version[row] ?? 0) + 1;
  }

  #grow(): void {
    const capacity = this.capacity * 2;
    for (const column of INTEGERS) this[column] = grown(this[column], integers(capacity));
    for (const column of NUMBERS) this[column] = grown(this[column], numbers(capacity));
    this.#nameBytes = grown(this.#nameBytes, Buffer.alloc(capacity * NAME_BYTES));
    this.#nameLength = grown(this.#nameLength, new Uint8Array(capacity));
    this.version = grown(this.version, new Int32Array(capacity));
    this.#order = grown(this.#order, new Int32Array(capacity));
    this.#before = grown(this.#before, new Int32Array(capacity));
    this.#seen = grown(this.#seen, new Int32Array(capacity));
  }
}

const integers = (capacity: number): Int32Array<ArrayBuffer> => new Int32Array(capacity);
const numbers = (capacity: number): Float64Array<ArrayBuffer> => new Float64Array(capacity);

function grown<Column extends Uint8Array | Int32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
