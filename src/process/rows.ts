/**
 * All processes as columns of numbers. A process keeps its row as long as it lives, and the memory of rows is reused: a
 * reading leaves no garbage behind for the collector.
 */

/** Unknown value in a column of integers. Columns of floating point numbers have NaN instead. */
export const UNKNOWN = -0x80000000;

/** Returns a value of a column, or null if it is unknown. */
export const known = (value: number | undefined): number | null =>
  value === undefined || value === UNKNOWN || Number.isNaN(value) ? null : value;

/** Bytes that the kernel shows of a name: 15 of a program's, 63 of a kernel thread's. */
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
  /** 0 in a row without a process. */
  pid = integers(FIRST_CAPACITY);
  ppid = integers(FIRST_CAPACITY);
  pgid = integers(FIRST_CAPACITY);
  sid = integers(FIRST_CAPACITY);
  /** Device number of the controlling terminal; 0: none. */
  terminal = integers(FIRST_CAPACITY);
  /** The foreground process group of that terminal; -1: none. */
  foreground = integers(FIRST_CAPACITY);
  /** The code of the letter: R S D T t Z X I. */
  state = integers(FIRST_CAPACITY);
  flags = integers(FIRST_CAPACITY);
  /** The kernel's value: 20 + nice, below 0 for real-time policies. */
  priority = integers(FIRST_CAPACITY);
  nice = integers(FIRST_CAPACITY);
  threads = integers(FIRST_CAPACITY);
  /** Number of SCHED_OTHER and so on (sched(7)). */
  policy = integers(FIRST_CAPACITY);
  /** Wait status of a zombie (wait(2)); 0 if it may not be read. */
  exitStatus = integers(FIRST_CAPACITY);
  /** Identifies a process together with the pid. The unit is the source's; earlier is less. */
  startTime = numbers(FIRST_CAPACITY);
  /** Maximum error of the difference between two start times. */
  startSlack = 0;
  /** Clock ticks of CPU time so far. */
  cpuTicks = numbers(FIRST_CAPACITY);
  /** Percent of one core, between the last two readings. */
  cpuPercent = numbers(FIRST_CAPACITY);
  rssBytes = numbers(FIRST_CAPACITY);

  /** The names as the kernel has them, {@link NAME_BYTES} for each row. Use {@link name}. */
  #nameBytes = Buffer.alloc(FIRST_CAPACITY * NAME_BYTES);
  #nameLength = new Uint8Array(FIRST_CAPACITY);
  readonly #names: (string | undefined)[] = [];
  /** Incremented when a row's name or process changes: cached facts about the row are then invalid. */
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

  /** Number of processes in the last reading. */
  get count(): number {
    return this.#count;
  }

  /** Number of readings so far. */
  get readings(): number {
    return this.#reading;
  }

  get capacity(): number {
    return this.pid.length;
  }

  /** Returns the row of the n-th process, in order of pid. */
  at(n: number): number {
    return this.#order[n] ?? -1;
  }

  /** Returns the row of a process; -1 if the last reading found no such pid. */
  find(pid: number): number {
    return this.#rowOf.get(pid) ?? -1;
  }

  /** Returns the name, which the process can choose. Untrusted. */
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

  /** Adds a row for a process that has none, with all values unknown. */
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

  /** Records that this reading has found the process. Call it once per process, by rising pid. */
  keep(row: number): void {
    this.#order[this.#count++] = row;
    this.#seen[row] = this.#reading;
  }

  /** Removes a process that is gone. */
  remove(row: number): void {
    const pid = this.pid[row] ?? 0;
    if (this.#rowOf.get(pid) === row) this.#rowOf.delete(pid);
    this.pid[row] = 0;
    this.#names[row] = undefined;
    this.#seen[row] = -1;
    this.#free.push(row);
  }

  /** Removes the processes that this reading has not found, after a call of `gone` for each. */
  removeUnseen(gone: (row: number) => void): void {
    for (let n = 0; n < this.#countBefore; n++) {
      const row = this.#before[n] ?? 0;
      const seen = this.#seen[row];
      if (seen === this.#reading || seen === -1) continue;
      gone(row);
      this.remove(row);
    }
  }

  /** Ends an incomplete reading: processes that it did not reach stay as the last one found them. */
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
