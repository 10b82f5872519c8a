import type {Problem} from '../types.ts';

/** Formats the problem as one line that editors and terminals understand: `file:line:column: message`. */
export function formatProblem(problem: Problem): string {
  const word = problem.severity === 'note' ? 'note: ' : '';
  return `${problem.file}:${problem.line}:${problem.column}: ${word}${problem.message}`;
}

/**
 * Characters that move a terminal's cursor, end a line or change the direction of writing. Names in messages come from
 * the file.
 */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu;
const LONGEST_MESSAGE = 600;
/** A user can't fix more at once, and an alias produces errors faster than a file is read. */
export const MOST_PROBLEMS = 1_000;

/** Thrown at {@link MOST_PROBLEMS} errors to end the reading; the report holds those found so far. */
export class TooManyProblems extends Error {}

const shortened = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 200)}…${message.slice(-198)}` : message;

function printable(message: string): string {
  const escaped = shortened(message).replace(
    UNPRINTABLE,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  // An escaped character takes six.
  return shortened(escaped);
}

/** Collects the problems of a text by offset, without duplicates, and returns them in the order of the file. */
export class Report {
  readonly #file: string;
  readonly #lineStarts: number[] = [0];
  readonly #length: number;
  readonly #found = new Map<string, {readonly at: number; readonly problem: Problem}>();
  #errors = 0;
  #notes = 0;
  #notesLeftOut = 0;

  /**
   * @param file - the name to show
   * @param text - the text that the offsets refer to
   */
  constructor(file: string, text: string) {
    this.#file = file;
    this.#length = text.length;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  get failed(): boolean {
    return this.#errors > 0;
  }

  /** @throws {@link TooManyProblems} at {@link MOST_PROBLEMS} errors */
  error(at: number, message: string): void {
    if (!this.#add(at, 'error', message)) return;
    if (++this.#errors === MOST_PROBLEMS) throw new TooManyProblems();
  }

  /**
   * Notes beyond {@link MOST_PROBLEMS} are only counted: notes are not fatal, and each of ten thousand workers may have
   * one.
   */
  note(at: number, message: string): void {
    if (this.#notes === MOST_PROBLEMS) this.#notesLeftOut += 1;
    else if (this.#add(at, 'note', message)) this.#notes += 1;
  }

  problems(): readonly Problem[] {
    const problems = [...this.#found.values()].sort((a, b) => a.at - b.at).map(({problem}) => problem);
    const last = problems.at(-1);
    if (last === undefined) return problems;
    if (this.#errors === MOST_PROBLEMS) {
      const message = `stopped after ${MOST_PROBLEMS} errors: fix them first; the rest of the file was not checked`;
      return [...problems, {...last, severity: 'error', message}];
    }
    if (this.#notesLeftOut === 0) return problems;
    return [...problems, {...last, severity: 'note', message: `${this.#notesLeftOut} more notes omitted`}];
  }

  /** Returns the line of an offset, from 1. */
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

  /** Returns whether the problem is new. */
  #add(offset: number, severity: Problem['severity'], text: string): boolean {
    const message = printable(text);
    const at = Math.min(Math.max(offset, 0), this.#length);
    const line = this.line(at);
    const column = at - (this.#lineStarts[line - 1] ?? 0) + 1;
    // An error in an anchor that is used ten times is reported once.
    const id = `${at} ${severity} ${message}`;
    if (this.#found.has(id)) return false;
    this.#found.set(id, {at, problem: {severity, file: this.#file, line, column, message}});
    return true;
  }
}
