/** Special characters: lines, bars, marks; with a second set for ASCII terminals. */

export interface Glyphs {
  readonly ascii: boolean;
  /** A child with later siblings, the last child, a line between an ancestor's children. */
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

/** Chooses the set by the locale; terminals named `vt*` have only ASCII. */
export function glyphsOf(env: NodeJS.ProcessEnv): Glyphs {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale) && !/^vt/.test(env['TERM'] ?? '') ? UNICODE : ASCII;
}
