/**
 * Text of others on a terminal: a worker's line could move the cursor, set the title, answer back as if it were typed.
 * Control sequences (ECMA-48) are taken out; only colours (SGR) may pass, and are reset at the line's end.
 */

const ESC = 0x1b;

/** The line as a terminal may get it, colours kept. */
export function terminalSafe(text: string): string {
  // Nothing below a space, no DEL and no C1: the common case.

  if (!/[\x00-\x1f\x7f-\x9f]/.test(text)) return text;
  let safe = '';
  let colored = false;
  for (let i = 0; i < text.length;) {
    const code = text.charCodeAt(i);
    if (code === ESC || (code >= 0x80 && code <= 0x9f)) {
      const end = sequenceEnd(text, i);
      const sequence = text.slice(i, end);

      if (/^\x1b\[[\d;:]*m$/.test(sequence)) {
        safe += sequence;
        colored = true;
      }
      i = end;
      continue;
    }
    if (code === 0x09) safe += '\t';
    else if (code >= 0x20 && code !== 0x7f) safe += text[i] ?? '';
    i++;
  }
  return colored ? `${safe}\x1b[0m` : safe;
}

/** The same without colours, and on one line. */
export function plainText(text: string): string {
  if (!/[\x00-\x1f\x7f-\x9f]/.test(text)) return text;
  return terminalSafe(text.replace(/[\n\r]+/g, ' '))
    .replace(/\x1b\[[\d;:]*m/g, '')
    .replaceAll('\t', ' ');
}

/** Where the sequence that begins at `start` ends. One that is not finished takes the rest of the line with it. */
function sequenceEnd(text: string, start: number): number {
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
      return endOfEscape(text, body, c1 === ESC);
  }
}

function endOfCsi(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charCodeAt(i) >= 0x20 && text.charCodeAt(i) <= 0x3f) i++;
  return Math.min(text.length, i + 1);
}

function endOfString(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x07 || code === 0x9c) return i + 1;
    if (code === ESC && text[i + 1] === '\\') return i + 2;
  }
  return text.length;
}

/** ESC, intermediate bytes, one final byte: `ESC ( B`, `ESC 7`. */
function endOfEscape(text: string, body: number, seven: boolean): number {
  if (!seven) return body;
  let i = body - 1;
  while (i < text.length && text.charCodeAt(i) >= 0x20 && text.charCodeAt(i) <= 0x2f) i++;
  return Math.min(text.length, Math.max(i + 1, body));
}
