/** Finds the ends of terminal control sequences (ECMA-48, and the parser of VT500, vt100.net/emu/dec_ansi_parser). */

const ESC = 0x1b;
const NEWLINE = 0x0a;

/** Whether a character begins a sequence: Escape, or a C1 control, which is an escape sequence in one character. */
export const beginsSequence = (code: number): boolean => code === ESC || (code >= 0x80 && code <= 0x9f);

/** Returns the end of the sequence that begins at `start`. An unfinished string extends to the end of the line. */
export function sequenceEnd(text: string, start: number): number {
  const c1 = text.charCodeAt(start);
  // An 8-bit control equals ESC and the code less 0x40.
  const kind = c1 === ESC ? text.charCodeAt(start + 1) : c1 - 0x40;
  const body = c1 === ESC ? start + 2 : start + 1;
  switch (kind) {
    case 0x5b: // CSI: parameters, then one final byte
      return endOfCsi(text, body);
    case 0x5d: // OSC
    case 0x50: // DCS
    case 0x58: // SOS
    case 0x5e: // PM
    case 0x5f: // APC: up to the string terminator
      return endOfString(text, body);
    default:
      return c1 === ESC ? endOfEscape(text, start + 1) : body;
  }
}

function endOfCsi(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) >= 0x20 && text.charCodeAt(i) <= 0x3f) i++;
  return isFinal(text, i) ? i + 1 : i;
}

/** Returns the end of a string. An escape other than the terminator also ends it, and begins a sequence of its own. */
function endOfString(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x07 || code === 0x9c) return i + 1;
    if (code === ESC) return text[i + 1] === '\\' ? i + 2 : i;
    if (code === NEWLINE) return i;
  }
  return text.length;
}

/** ESC, intermediate bytes, one final byte: `ESC ( B`, `ESC 7`. */
function endOfEscape(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) >= 0x20 && text.charCodeAt(i) <= 0x2f) i++;
  return text.charCodeAt(i) >= 0x30 && isFinal(text, i) ? i + 1 : i;
}

/** A control, or a letter that no sequence contains, is not part of the sequence and is processed by itself. */
const isFinal = (text: string, at: number): boolean => text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x7e;
