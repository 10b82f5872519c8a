/**
 * Whether a parser takes time that grows no faster than its input: one piece is repeated, and four times as much may not take
 * much more than four times as long. Nothing is compared with a clock's idea of what is long.
 */
import type {Target} from './target.ts';

/** Sizes to begin with, the smallest first, so that a steep parser is found before it takes minutes. */
const SIZES = [1_500, 12_000];
/** A large input is so many times a small one, which is read so many times: a linear parser takes as long for both, a quadratic one four times. */
const GROWTH = 4;
const MOST = 2.3;
/** Below, a clock says more about the machine than about the parser. */
const MEASURABLE_MS = 2;
/** Other work on the machine makes a reading too long, and never too short. */
const READINGS = 2;
const ATTEMPTS = 6;
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

async function shortest({take, declared = () => false}: Target, input: Buffer, times: number): Promise<number> {
  let best = Infinity;
  for (let reading = 0; reading < READINGS; reading++) {
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
    const large = await shortest(target, input(bytes * GROWTH), 1);
    if (large < MEASURABLE_MS) return 'goes on';
    if (large / (await shortest(target, input(bytes), GROWTH)) <= MOST) return large > ENOUGH_MS ? 'flat' : 'goes on';
  }
  return 'steep';
}

/** The pieces, within their frames, for which it takes longer than that. */
export async function steepIn(target: Target): Promise<string[]> {
  const {pieces, frames = []} = target;
  const steep: string[] = [];
  for (const piece of new Set([...pieces, ...GENERIC])) {
    if (piece === '') continue;
    for (const [before, behind] of [['', ''], ['', 'x'], ...frames] as const) {
      const input = (bytes: number): Buffer =>
        Buffer.from(before + piece.repeat(Math.ceil(bytes / Buffer.byteLength(piece))) + behind);
      for (const size of SIZES) {
        const verdict = await verdictAt(target, size, input);
        if (verdict === 'steep') steep.push(JSON.stringify([before, piece, behind]));
        if (verdict !== 'goes on') break;
      }
    }
  }
  return steep;
}
