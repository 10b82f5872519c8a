import type {Problem} from '../types.ts';

/** The problem in one line, as editors and terminals understand it: `file:line:column: message`. */
export function formatProblem(problem: Problem): string {
  const word = problem.severity === 'note' ? 'note: ' : '';
  return `${problem.file}:${problem.line}:${problem.column}: ${word}${problem.message}`;
}

/** What moves a terminal's cursor, ends a line or turns the direction of writing: names in messages come from the file. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
const LONGEST_MESSAGE = 600;
/** Nobody mends so many at once, and an alias makes them faster than a file can be read. */
export const MOST_PROBLEMS = 1_000;

/** So many errors that the reading ends: what the report has is all that is said. */
export class TooManyProblems extends Error {}

const shortened = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 200)}…${message.slice(-198)}` : message;

function printable(message: string): string {
  const escaped = shortened(message).replace(
    UNPRINTABLE,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  // Written out, a character takes six.
  return shortened(escaped);
}

/** Collects what is wrong in one text, by offset, and hands it back in the order of the file, each thing once. */
export class Report {
  readonly #file: string;
  readonly #lineStarts: number[] = [0];
  readonly #length: number;
  readonly #found = new Map<string, {readonly at: number; readonly problem: Problem}>();
  #errors = 0;
  #notes = 0;
  #notesLeftOut = 0;

  /**
   * @param file - as it is to be shown
   * @param text - what the offsets count in
   */
  constructor(file: string, text: string) {
    this.#file = file;
    this.#length = text.length;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  get failed(): boolean {
    return this.#errors > 0;
  }

  /** @throws {@link TooManyProblems} where it is one too many */
  error(at: number, message: string): void {
    if (!this.#add(at, 'error', message)) return;
    if (++this.#errors === MOST_PROBLEMS) throw new TooManyProblems();
  }

  /** What comes after so many of them is left out: notes stop nobody, and each of ten thousand workers may have one. */
  note(at: number, message: string): void {
    if (this.#notes === MOST_PROBLEMS) this.#notesLeftOut += 1;
    else if (this.#add(at, 'note', message)) this.#notes += 1;
  }

  problems(): readonly Problem[] {
    const problems = [...this.#found.values()].sort((a, b) => a.at - b.at).map(({problem}) => problem);
    const last = problems.at(-1);
    if (last === undefined) return problems;
    if (this.#errors === MOST_PROBLEMS) {
      const message = `these are ${MOST_PROBLEMS} errors, and the rest of the file was not looked at: mend them first`;
      return [...problems, {...last, severity: 'error', message}];
    }
    if (this.#notesLeftOut === 0) return problems;
    return [...problems, {...last, severity: 'note', message: `${this.#notesLeftOut} more notes are left out`}];
  }

  /** The line of an offset, from 1. */
  line(at: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Whether it is new. */
  #add(offset: number, severity: Problem['severity'], text: string): boolean {
    const message = printable(text);
    const at = Math.min(Math.max(offset, 0), this.#length);
    const line = this.line(at);
    const column = at - (this.#lineStarts[line - 1] ?? 0) + 1;
    // An anchor that is used ten times is wrong once.
    const id = `${at} ${severity} ${message}`;
    if (this.#found.has(id)) return false;
    this.#found.set(id, {at, problem: {severity, file: this.#file, line, column, message}});
    return true;
  }
}
