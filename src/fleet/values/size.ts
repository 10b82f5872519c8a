const UNITS = {B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40} as const;

/** Larger than anything on one machine, and still exact in a double. */
export const LARGEST_SIZE = 1024 * UNITS.TiB;

/** A size, or the reason why the text is not one. */
export type SizeResult = {readonly bytes: number} | {readonly problem: string};

function unitOf(text: string): number | undefined {
  return Object.entries(UNITS).find(([unit]) => unit === text)?.[1];
}

/** Returns the unit that was meant by `k`, `MB`, `mib`. */
function meantUnit(text: string): string | undefined {
  const letter = text.charAt(0).toUpperCase();
  return Object.keys(UNITS).find(unit => unit.startsWith(letter));
}

/** Parses `4KiB`, `512MiB`, `1GiB`, `1.5GiB`. A bare number is rejected. */
export function parseSize(text: string): SizeResult {
  const match = /^(\d{1,16}(?:\.\d{1,9})?)([a-zA-Z]*)$/.exec(text);
  const [, number = '', unit = ''] = match ?? [];
  if (match === null) return {problem: 'expected a size such as 4KiB, 512MiB or 1GiB'};
  if (unit === '')
    return {problem: `${number} has no unit: write ${number}KiB, ${number}MiB or ${number}GiB (or ${number}B)`};
  const factor = unitOf(unit);
  if (factor === undefined) {
    const meant = meantUnit(unit);
    const advice = meant === undefined ? 'write B, KiB, MiB or GiB, as in 512MiB' : `write ${number}${meant}`;
    return {problem: `${unit} is not a unit of size: ${advice}`};
  }
  const bytes = Number(number) * factor;
  if (!Number.isInteger(bytes)) return {problem: 'is not a whole number of bytes'};
  if (bytes > LARGEST_SIZE) return {problem: `is larger than ${sizeInFile(LARGEST_SIZE)}`};
  return {bytes};
}

/** Formats bytes as the shortest exact text that `parseSize` parses to the same number. */
export function sizeInFile(bytes: number): string {
  if (bytes === 0) return '0B';
  const [unit, factor] =
    Object.entries(UNITS)
      .reverse()
      .find(([, size]) => bytes % size === 0) ?? (['B', 1] as const);
  return `${bytes / factor}${unit}`;
}
