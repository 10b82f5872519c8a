/** Where the control sequences of terminals end (ECMA-48, and the parser of VT500, vt100.net/emu/dec_ansi_parser). */

const ESC = 0x1b;
const NEWLINE = 0x0a;

/** Escape, and the C1 controls: each an escape sequence in one character. */
export const beginsSequence = (code: number): boolean => code === ESC || (code >= 0x80 && code <= 0x9f);

/** Where the sequence that begins at `start` ends. One that is not finished takes the rest of the line with it. */
export function sequenceEnd(text: string, start: number): number {
  const c1 = text.charCodeAt(start);
  // An 8-bit control is its 7-bit pair in one.
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

/** Any other escape ends the string as well, and begins a sequence of its own. */
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

/** A control, or a letter that no sequence has, is not part of it and is judged by itself. */
const isFinal = (text: string, at: number): boolean => text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x7e;
