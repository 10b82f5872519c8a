/** The characters that are more than letters: lines, bars, marks; with a second set for terminals that have ASCII alone. */

export interface Glyphs {
  readonly ascii: boolean;
  /** A child with siblings after it, the last child, a line that passes by. */
  readonly branch: string;
  readonly last: string;
  readonly pass: string;
  readonly folded: string;
  readonly unfolded: string;
  readonly up: string;
  readonly down: string;
  readonly more: string;
  readonly ellipsis: string;
  readonly horizontal: string;
  readonly vertical: string;
  /** Top left, top right, bottom left, bottom right. */
  readonly corners: readonly [string, string, string, string];
  /** From empty to full, for sparklines. */
  readonly spark: readonly string[];
  readonly barFull: string;
  readonly barEmpty: string;
  readonly tag: string;
  readonly arrowRight: string;
  readonly arrowLeft: string;
  readonly arrowBoth: string;
  readonly dot: string;
}

const UNICODE: Glyphs = {
  ascii: false,
  branch: '├─ ',
  last: '└─ ',
  pass: '│  ',
  folded: '▸ ',
  unfolded: '▾ ',
  up: '▲',
  down: '▼',
  more: '⋮',
  ellipsis: '…',
  horizontal: '─',
  vertical: '│',
  corners: ['┌', '┐', '└', '┘'],
  spark: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  barFull: '█',
  barEmpty: '░',
  tag: '●',
  arrowRight: '→',
  arrowLeft: '←',
  arrowBoth: '↔',
  dot: '·',
};

const ASCII: Glyphs = {
  ascii: true,
  branch: '|- ',
  last: '`- ',
  pass: '|  ',
  folded: '+ ',
  unfolded: '- ',
  up: '^',
  down: 'v',
  more: ':',
  ellipsis: '~',
  horizontal: '-',
  vertical: '|',
  corners: ['+', '+', '+', '+'],
  spark: [' ', '.', '.', ':', ':', '-', '=', '#', '#'],
  barFull: '#',
  barEmpty: '.',
  tag: '*',
  arrowRight: '>',
  arrowLeft: '<',
  arrowBoth: '=',
  dot: '.',
};

/** By the locale; the Linux console and old terminals have no other characters either. */
export function glyphsOf(env: NodeJS.ProcessEnv): Glyphs {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale) && !/^vt/.test(env['TERM'] ?? '') ? UNICODE : ASCII;
}
