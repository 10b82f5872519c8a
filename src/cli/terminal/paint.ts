/** Colours, if enabled. NO_COLOR overrides everything (no-color.org). */
import {plainLines} from '../../text/sanitize.ts';
import type {Style} from '../../text/style.ts';

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
} as const satisfies Readonly<Record<Style, readonly [number, number]>>;

export type {Style};

/** Returns the text in a style, or unstyled. Colours that the text contains are removed. */
export type Paint = (style: Style | null, text: string) => string;

export function createPaint(colored: boolean): Paint {
  return (style, text) => {
    const plain = plainLines(text);
    if (!colored || style === null || plain === '') return plain;
    const [on, off] = CODES[style];
    return `\x1b[${on}m${plain}\x1b[${off}m`;
  };
}

export function wantsColor(isTerminal: boolean, env: NodeJS.ProcessEnv, noColor: boolean): boolean {
  if (noColor || env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}

/** Colours that distinguish instances; red is reserved for failures. */
const PREFIXES: readonly Style[] = ['cyan', 'green', 'yellow', 'blue', 'magenta'];

/** Returns the colour of a name, always the same for the same name. */
export function styleOfName(name: string): Style {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
  return PREFIXES[hash % PREFIXES.length] ?? 'cyan';
}
