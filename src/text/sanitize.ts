/**
 * Sanitizes untrusted text for people. A worker's line, a name or a command line could move the cursor, set the title
 * and inject answers as if they were typed (control sequences, ECMA-48), or read differently from its content
 * (characters that change the direction or are invisible, CVE-2021-42574). Sequences are removed; such characters are
 * shown by their number, as in less(1). The time is linear in the length of any text.
 */
import {beginningOf} from './characters.ts';
import {beginsSequence, sequenceEnd} from './control-sequence.ts';
import {HiddenCharacters} from './hidden-characters.ts';

/**
 * The most code units that are shown of one text; a longer text is cut before it is processed. JSON contains all of it.
 */
export const MOST_SHOWN = 4_096;

/** A text of these characters needs no change: the common case. */
const PLAIN = /^[\x20-\x7e]*$/;
const ANY_COLOUR = /^\x1b\[[\d;:]*m$/;
/** The sequences of paint.ts: bold, dim, the colours, and their resets. */
const OWN_COLOUR = /^\x1b\[(?:0|1|2|22|3[1-79])m$/;
/** A longer sequence is not a colour. */
const LONGEST_COLOUR = 64;

interface Passing {
  /** The sequences to keep; null for none. */
  readonly colours: RegExp | null;
  /** The replacement for a run of newlines and carriage returns; '\n' keeps the newlines. */
  readonly line: '\n' | ' ' | '';
  /** The replacement for a tab. */
  readonly tab: string;
}

/** Sanitizes a log line for a terminal: colours are kept, and reset at its end. */
export function terminalSafe(text: string): string {
  const safe = cleaned(text, {colours: ANY_COLOUR, line: '', tab: '\t'});
  return safe.includes('\x1b') ? `${safe}\x1b[0m` : safe;
}

/**
 * Sanitizes a text to one line without colours. A text longer than `most` code units is cut first, and ends with an
 * ellipsis.
 */
export function plainText(text: string, most = MOST_SHOWN): string {
  const passing: Passing = {colours: null, line: ' ', tab: ' '};
  return text.length <= most ? cleaned(text, passing) : `${cleaned(beginningOf(text, most - 1), passing)}…`;
}

/**
 * Sanitizes one line of a screen whose cells are drawn one by one, so a tab becomes spaces. The text is not shortened.
 */
export const screenText = (text: string): string => cleaned(text, {colours: null, line: ' ', tab: '    '});

/** Sanitizes a text of several lines and keeps its line breaks. The text is not shortened. */
export const plainLines = (text: string): string => cleaned(text, {colours: null, line: '\n', tab: '\t'});

/** Sanitizes lines that brood has composed and painted: the colours of paint.ts are kept. */
export const paintedLines = (text: string): string => cleaned(text, {colours: OWN_COLOUR, line: '\n', tab: '\t'});

/** Sanitizes one line, plain or painted: a newline in a name does not begin a second one. */
export const plainLine = (text: string): string => cleaned(text, {colours: null, line: ' ', tab: '\t'});
export const paintedLine = (text: string): string => cleaned(text, {colours: OWN_COLOUR, line: ' ', tab: '\t'});

function cleaned(text: string, {colours, line, tab}: Passing): string {
  if (PLAIN.test(text)) return text;
  let hidden = new HiddenCharacters();
  const parts: string[] = [];
  let from = 0;
  let wasBreak = false;
  for (let i = 0; i < text.length;) {
    const code = text.codePointAt(i) ?? 0;
    const isBreak = code === 0x0a || code === 0x0d;
    let end = i + (code > 0xffff ? 2 : 1);
    let shown: string | null = null;
    if (beginsSequence(code)) {
      end = sequenceEnd(text, i);
      const sequence = text.slice(i, Math.min(end, i + LONGEST_COLOUR));
      if (colours?.test(sequence) !== true || sequence.length < end - i) shown = '';
    } else if (code < 0x20 || code === 0x7f) {
      if (code === 0x09) shown = tab;
      else if (line === '\n') shown = code === 0x0a ? null : '';
      else shown = isBreak && !wasBreak ? line : '';
    } else {
      shown = hidden.shownFor(code, text, end);
    }
    wasBreak = isBreak;
    // A control that is kept or replaced separates the text before it from the text after it.
    if (code < 0x20 && shown !== '') hidden = new HiddenCharacters();
    if (shown !== null) {
      parts.push(text.slice(from, i), shown);
      from = end;
    }
    i = end;
  }
  parts.push(text.slice(from));
  return parts.join('');
}
