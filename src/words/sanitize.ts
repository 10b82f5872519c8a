/**
 * Text of others, before a person sees it. A worker's line, a name or a command line could move the cursor, set the title
 * and answer as if it were typed (control sequences, ECMA-48), or read otherwise than it is (characters that turn the
 * direction or that are not seen, CVE-2021-42574). Sequences are taken out. Such characters are shown by their number, as
 * less(1) does. Time is linear in the length, whatever the text is.
 */
import {beginningOf} from './characters.ts';
import {beginsSequence, sequenceEnd} from './control-sequence.ts';
import {HiddenCharacters} from './hidden-characters.ts';

/** Code units of one text that are shown; what is longer is cut before anything looks at it. JSON has all of it. */
export const MOST_SHOWN = 4_096;

/** Where all characters are such, nothing is to be done: the common case. */
const PLAIN = /^[\x20-\x7e]*$/;
const ANY_COLOUR = /^\x1b\[[\d;:]*m$/;
/** What paint.ts makes: bold, dim, the eight colours, and their ends. */
const OWN_COLOUR = /^\x1b\[(?:0|1|2|22|3[1-79])m$/;
/** A colour that is longer is none. */
const LONGEST_COLOUR = 64;

interface Passing {
  /** Sequences that stay; null: none. */
  readonly colours: RegExp | null;
  /** What stands for newlines and carriage returns in a row. */
  readonly line: '\n' | ' ' | '';
  /** What stands for a tab. */
  readonly tab: string;
}

/** A line of a log as a terminal may get it: colours pass, and are reset at its end. */
export function terminalSafe(text: string): string {
  const safe = cleaned(text, {colours: ANY_COLOUR, line: '', tab: '\t'});
  return safe.includes('\x1b') ? `${safe}\x1b[0m` : safe;
}

/** On one line and without colours. What is longer than `most` code units is cut first, and ends with an ellipsis. */
export function plainText(text: string, most = MOST_SHOWN): string {
  const passing: Passing = {colours: null, line: ' ', tab: ' '};
  return text.length <= most ? cleaned(text, passing) : `${cleaned(beginningOf(text, most - 1), passing)}…`;
}

/** One line of a screen whose cells are drawn one by one, so that a tab is spaces. Nothing is cut. */
export const screenText = (text: string): string => cleaned(text, {colours: null, line: ' ', tab: '    '});

/** The same of several lines, which stay lines. Nothing is cut. */
export const plainLines = (text: string): string => cleaned(text, {colours: null, line: '\n', tab: '\t'});

/** Lines that brood has put together and painted: the colours of paint.ts pass. */
export const paintedLines = (text: string): string => cleaned(text, {colours: OWN_COLOUR, line: '\n', tab: '\t'});

/** One line of either kind: a name with a newline in it makes no second one. */
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
    // What stands for a control parts what is before it from what is behind it.
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
