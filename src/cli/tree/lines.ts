/** The lines that join children to their parents. */

export interface Strokes {
  readonly child: string;
  readonly last: string;
  readonly past: string;
  readonly blank: string;
  readonly cut: string;
}

const UNICODE: Strokes = {child: '├─ ', last: '└─ ', past: '│  ', blank: '   ', cut: '…'};
const ASCII: Strokes = {child: '|- ', last: '`- ', past: '|  ', blank: '   ', cut: '~'};

/** Returns the strokes that the locale can show (locale(7): the first variable that is set counts). */
export const strokesFor = (env: NodeJS.ProcessEnv): Strokes =>
  /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '') ? UNICODE : ASCII;

/**
 * Returns the prefix of each node, given the depth of each, parents first. A prefix wider than `most` loses its
 * beginning.
 */
export function prefixes(depths: readonly number[], strokes: Strokes, most = Infinity): string[] {
  const isLast = lastOnes(depths);
  const open: boolean[] = [];
  return depths.map((depth, n) => {
    open[depth] = !isLast[n];
    if (depth === 0) return '';
    let prefix = isLast[n] ? strokes.last : strokes.child;
    for (let level = depth - 1; level > 0; level--) {
      const stroke = open[level] ? strokes.past : strokes.blank;
      if (stroke.length + prefix.length + 1 > most) return strokes.cut + prefix;
      prefix = stroke + prefix;
    }
    return prefix;
  });
}

/** Returns for each node whether it is the last child of its parent. */
function lastOnes(depths: readonly number[]): boolean[] {
  const later: boolean[] = [];
  return depths
    .map((_, n) => depths.length - 1 - n)
    .map(n => {
      const depth = depths[n] ?? 0;
      const isLast = later[depth] !== true;
      later.length = depth;
      later[depth] = true;
      return isLast;
    })
    .reverse();
}
