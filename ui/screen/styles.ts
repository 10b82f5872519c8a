/** Styles named by their meaning. Colours are defined only here, for three kinds of terminals. */

export const STYLES = [
  'plain',
  'dim',
  'bold',
  'title',
  'heading',
  'sorted',
  'good',
  'busy',
  'warning',
  'bad',
  'name',
  'selected',
  'selectedIdle',
  'tagged',
  'match',
  'key',
  'bar',
  'barText',
  'border',
  'alarm',
] as const;

export type Style = (typeof STYLES)[number];

/** The number of colours of a terminal. */
export type Depth = 'none' | 16 | 256;

interface Look {
  /** One of xterm's 256 colours; absent: the terminal's default. */
  readonly fg?: number;
  readonly bg?: number;
  readonly bold?: true;
  readonly underline?: true;
  readonly reverse?: true;
}

/** Looks for 256 colours, for 16, and for none, where only weight, underline and reversal distinguish styles. */
const LOOKS: Readonly<Record<Style, readonly [Look, Look, Look]>> = {
  plain: [{}, {}, {}],
  dim: [{fg: 245}, {fg: 8}, {}],
  bold: [{bold: true}, {bold: true}, {bold: true}],
  title: [{fg: 117, bold: true}, {fg: 6, bold: true}, {bold: true}],
  heading: [{fg: 250, bg: 238}, {fg: 0, bg: 7}, {reverse: true}],
  sorted: [
    {fg: 231, bg: 238, bold: true},
    {fg: 15, bg: 4, bold: true},
    {reverse: true, bold: true},
  ],
  good: [{fg: 114}, {fg: 2}, {}],
  busy: [{fg: 117}, {fg: 6}, {bold: true}],
  warning: [{fg: 221}, {fg: 3}, {bold: true}],
  bad: [
    {fg: 203, bold: true},
    {fg: 1, bold: true},
    {bold: true, underline: true},
  ],
  name: [{fg: 153}, {fg: 6}, {}],
  selected: [{fg: 231, bg: 25, bold: true}, {fg: 15, bg: 4, bold: true}, {reverse: true}],
  selectedIdle: [{fg: 252, bg: 237}, {fg: 7, bg: 8}, {underline: true}],
  tagged: [
    {fg: 221, bold: true},
    {fg: 3, bold: true},
    {bold: true, underline: true},
  ],
  match: [
    {fg: 16, bg: 221},
    {fg: 0, bg: 3},
    {reverse: true, bold: true},
  ],
  key: [{fg: 16, bg: 117}, {fg: 0, bg: 6}, {reverse: true}],
  bar: [{fg: 114}, {fg: 2}, {}],
  barText: [{fg: 252}, {}, {}],
  border: [{fg: 67}, {fg: 4}, {}],
  alarm: [
    {fg: 231, bg: 160, bold: true},
    {fg: 15, bg: 1, bold: true},
    {reverse: true, bold: true},
  ],
};

const DEFAULT = 0x1ff;

/** Packs an attribute in blessed's format: flags, foreground and background, nine bits each. */
const packed = ({fg = DEFAULT, bg = DEFAULT, bold, underline, reverse}: Look): number =>
  (((bold ? 1 : 0) | (underline ? 2 : 0) | (reverse ? 8 : 0)) << 18) | (fg << 9) | bg;

/** Returns the attribute of each style, by its index in {@link STYLES}. */
export function attributes(depth: Depth): Int32Array {
  const column = depth === 256 ? 0 : depth === 16 ? 1 : 2;
  return Int32Array.from(STYLES, style => packed(LOOKS[style][column]));
}

/** Determines the depth by `NO_COLOR`, `COLORTERM` and `TERM`, as is usual. */
export function depthOf(env: NodeJS.ProcessEnv): Depth {
  const term = env['TERM'] ?? '';
  if (env['NO_COLOR'] || /^(vt|dumb)/.test(term)) return 'none';
  if (
    /256|truecolor|24bit/.test(`${term} ${env['COLORTERM'] ?? ''}`) ||
    /^(alacritty|xterm-kitty|kitty|foot|tmux|screen-256)/.test(term)
  )
    return 256;
  return 16;
}
