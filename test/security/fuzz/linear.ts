/**
 * Whether a parser takes time that grows no faster than its input: one piece is repeated, or two are, and four times as much may
 * not take much more than four times as long. Nothing is compared with a clock's idea of what is long.
 */
import {Prng} from '../../simulation/prng.ts';
import type {Product, Target} from './target.ts';

/** Sizes to begin with, the smallest first, so that a steep parser is found before it takes minutes. */
const SIZES = [1_500, 12_000];
/** What is multiplied is half of an input, and much else costs more as long as it is short. */
const SIZES_OF_PRODUCTS = [60_000];
/** Of two pieces by chance, for each parser. */
const PAIRS = 20;
/** A large input is so many times a small one, which is read so many times: a linear parser takes as long for both, a quadratic one four times. */
const GROWTH = 4;
const MOST = 2.3;
/** Below, a clock says more about the machine than about the parser. */
const MEASURABLE_MS = 4;
/**
 * Other work on the machine makes a reading too long, and never too short. A small input that took too long would hide a
 * steep parser, so it is read twice; a large one that took too long is only tried again.
 */
const READINGS_OF_SMALL = 2;
const ATTEMPTS = 8;
/** Where a large input took as long and is not steep, larger ones would only take longer. */
const ENOUGH_MS = 10;

const GENERIC = [
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\0',
  '\0a',
  'a',
  'a ',
  ' a',
  '1',
  '1 ',
  '"',
  "'",
  '\\',
  '\\"',
  ',',
  ':',
  '=',
];

/** The processor time of this process, ms: what other processes do counts for little. */
function spent(): number {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1000;
}

async function shortest(
  {take, declared = () => false}: Target,
  input: Buffer,
  {times, readings}: {readonly times: number; readonly readings: number},
): Promise<number> {
  let best = Infinity;
  for (let reading = 0; reading < readings; reading++) {
    const began = spent();
    for (let n = 0; n < times; n++) {
      try {
        await take(Buffer.from(input));
      } catch (error) {
        if (!declared(error)) throw error;
      }
    }
    best = Math.min(best, spent() - began);
  }
  return best;
}

/** Of inputs of about that size: one reading that is not steep is enough, since other work makes readings too long. */
async function verdictAt(
  target: Target,
  size: number,
  input: (bytes: number) => Buffer,
): Promise<'steep' | 'flat' | 'goes on'> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const bytes = size * (1 + attempt / ATTEMPTS);
    const large = await shortest(target, input(bytes * GROWTH), {times: 1, readings: 1});
    if (large < MEASURABLE_MS) return 'goes on';
    const small = await shortest(target, input(bytes), {times: GROWTH, readings: READINGS_OF_SMALL});
    if (large / small <= MOST) return large > ENOUGH_MS ? 'flat' : 'goes on';
  }
  return 'steep';
}

const repeated = (piece: string, bytes: number): string => piece.repeat(Math.ceil(bytes / Buffer.byteLength(piece)));

/** One piece after another, or many of one before, behind or around many of the other: long names among many items. */
const SHAPES: readonly ((one: string, other: string, bytes: number) => string)[] = [
  (one, other, bytes) => repeated(one, bytes / 2) + repeated(other, bytes / 2),
  (one, other, bytes) => repeated(one + other, bytes),
  (one, other, bytes) => repeated(one, bytes / 3) + repeated(other, bytes / 3) + repeated(one, bytes / 3),
  (one, other, bytes) => one + repeated(other, bytes) + one,
];

type Frame = readonly [string, string];

function* oneOf(pieces: readonly string[], frames: readonly Frame[]): Generator<Product> {
  for (const piece of pieces) {
    for (const [before, behind] of frames)
      yield {name: JSON.stringify([before, piece, behind]), of: bytes => before + repeated(piece, bytes) + behind};
  }
}

function* twoOf(pieces: readonly string[], frames: readonly Frame[], seed: number): Generator<Product> {
  const random = new Prng(seed);
  for (let n = 0; n < PAIRS; n++) {
    const [one, other, shape] = [random.pick(pieces), random.pick(pieces), random.pick(SHAPES)];
    const [before, behind] = random.pick(frames);
    yield {
      name: JSON.stringify([before, one, other, SHAPES.indexOf(shape), behind]),
      of: bytes => before + shape(one, other, bytes) + behind,
    };
  }
}

/** The inputs of a parser for which it takes longer than that. */
export async function steepIn(target: Target, seed: number): Promise<string[]> {
  const pieces = [...new Set([...target.pieces, ...GENERIC])].filter(piece => piece !== '');
  const frames: readonly Frame[] = [['', ''], ['', 'x'], ...(target.frames ?? [])];
  const steep: string[] = [];
  const lookAt = async ({name, of}: Product, sizes: readonly number[]): Promise<void> => {
    for (const size of sizes) {
      const verdict = await verdictAt(target, size, bytes => Buffer.from(of(bytes)));
      if (verdict === 'steep') steep.push(name);
      if (verdict !== 'goes on') return;
    }
  };
  for (const product of oneOf(pieces, frames)) await lookAt(product, SIZES);
  for (const product of twoOf(pieces, frames, seed)) await lookAt(product, SIZES);
  for (const product of target.products ?? []) await lookAt(product, SIZES_OF_PRODUCTS);
  return steep;
}
