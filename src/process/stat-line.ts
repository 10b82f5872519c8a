/** `/proc/PID/stat` (proc(5)) parsed from its bytes, without a string: for readers of thousands of files per second. */

/** Fields are numbered as in proc(5), from 1. */
export const StatField = {
  pid: 1,
  comm: 2,
  state: 3,
  ppid: 4,
  pgid: 5,
  sid: 6,
  terminal: 7,
  foreground: 8,
  flags: 9,
  userTicks: 14,
  systemTicks: 15,
  priority: 18,
  nice: 19,
  threads: 20,
  startTicks: 22,
  rssPages: 24,
  policy: 41,
  exitStatus: 52,
} as const;

const LAST_NEEDED = StatField.policy;
const LAST = StatField.exitStatus;
const ZERO = 0x30;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const MINUS = 0x2d;
const OPEN = 0x28;
const CLOSE = 0x29;
const ZOMBIE = 0x5a;
const DEAD = 0x58;

/** One line, parsed repeatedly into the same memory. */
export class StatLine {
  /** By field number. The state is the code of its letter; the name is not included. */
  readonly fields = new Float64Array(LAST + 1);
  /** Position of the name in the parsed bytes. The name is untrusted and may contain any byte but zero. */
  nameStart = 0;
  nameEnd = 0;

  /**
   * Parses a line. Returns false if the bytes are no such line, or if a needed field is missing. A truncated line is
   * rejected: half of a number would mean another process.
   */
  parse(bytes: Uint8Array, length: number): boolean {
    const open = this.#number(bytes, 0, length, StatField.pid) + 1;
    if (open <= 1 || bytes[open] !== OPEN || bytes[open - 1] !== SPACE) return false;
    // The name may contain spaces and parentheses: it ends at the last parenthesis.
    let close = length - 1;
    while (close > open && bytes[close] !== CLOSE) close--;
    if (close <= open || close + 4 >= length || bytes[close + 1] !== SPACE || bytes[close + 3] !== SPACE) return false;
    this.nameStart = open + 1;
    this.nameEnd = close;
    const state = bytes[close + 2] ?? 0;
    if ((state | SPACE) < 0x61 || (state | SPACE) > 0x7a) return false;
    this.fields[StatField.state] = state;
    const ended = state === ZOMBIE || state === DEAD;
    return this.#numbers(bytes, close + 4, length, ended ? LAST : LAST_NEEDED);
  }

  /** Reads the fields from the parent's pid to `last`. A space follows each; the last of all may end the line. */
  #numbers(bytes: Uint8Array, from: number, length: number, last: number): boolean {
    this.fields[StatField.exitStatus] = NaN;
    let at = from;
    for (let field: number = StatField.ppid; field <= last; field++) {
      const end = this.#number(bytes, at, length, field);
      const after = bytes[end] ?? 0;
      if (end < 0 || (after !== SPACE && (after !== NEWLINE || field !== LAST))) {
        if (field <= LAST_NEEDED) return false;
        // The exit status is unknown.
        this.fields[StatField.exitStatus] = NaN;
        return true;
      }
      at = end + 1;
    }
    return true;
  }

  /** Reads a number that begins at `from`. Returns its end, or -1 if there is none or the bytes end with it. */
  #number(bytes: Uint8Array, from: number, length: number, field: number): number {
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let value = 0;
    for (; at < length; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === first || at >= length) return -1;
    this.fields[field] = negative ? -value : value;
    return at;
  }
}
