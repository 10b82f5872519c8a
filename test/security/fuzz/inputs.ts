/** Inputs that a seed determines: real ones that were damaged, and some that were made of nothing but pieces. */
import type {Target} from './target.ts';
import {Prng} from '../../simulation/prng.ts';

/** What has broken parsers before, whatever they read. */
const NASTY: readonly (string | Buffer)[] = [
  ...['', '\0', '\n', '\r\n', '\t', ' ', '"', "'", '\\', '\\u0000', '=', ':', ',', '/', '../', '%', '$', '{', '}'],
  ...['[', ']', '(', ')', ') (', '-', '-1', '0', '00', '1e999', '1e-999', '0x10', 'NaN', 'Infinity', 'null', 'true'],
  ...['2147483648', '4294967296', '9007199254740993', '18446744073709551616', '9'.repeat(400)],
  ...['__proto__', 'constructor', 'toString', '{"__proto__":{"a":1}}', '[]', '{}', '""'],
  ...['[[[[[[[[', '{"a":{"a":{"a":', '\ufeff', '\u2028', '\u202e', '\ud83d\ude00', '%s%n', '\u001b[2J'],
  Buffer.from([0xff]),
  Buffer.from([0xc0, 0x80]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf0, 0x9f]),
  Buffer.alloc(8),
  Buffer.alloc(8, 0xff),
];

const LONG_RUN = 3_000;
const DEEP = 2_000;

export class Inputs {
  readonly #random: Prng;
  readonly #samples: readonly Buffer[];
  readonly #pieces: readonly Buffer[];

  constructor({samples, pieces}: Pick<Target, 'samples' | 'pieces'>, seed: number) {
    this.#random = new Prng(seed);
    this.#samples = samples.map(sample => Buffer.from(sample));
    this.#pieces = [...pieces, ...NASTY].map(piece => Buffer.from(piece));
  }

  next(): Buffer {
    const random = this.#random;
    if (random.chance(0.2) || this.#samples.length === 0) return this.#made();
    let input = random.pick(this.#samples);
    for (let changes = 1 + random.int(4); changes > 0; changes--) input = this.#changed(input);
    return input;
  }

  /** Of pieces alone. */
  #made(): Buffer {
    return Buffer.concat(Array.from({length: this.#random.int(30)}, () => this.#piece()));
  }

  #piece(): Buffer {
    const random = this.#random;
    const piece = random.pick(this.#pieces);
    if (random.chance(0.01)) return Buffer.alloc(random.int(LONG_RUN), piece.length > 0 ? piece : 'a');
    if (random.chance(0.01)) return Buffer.from(random.pick(['[', '{"a":', '(', '- ', '"[']).repeat(random.int(DEEP)));
    return piece;
  }

  #changed(input: Buffer): Buffer {
    const random = this.#random;
    const at = random.int(input.length + 1);
    const end = Math.min(input.length, at + random.int(random.chance(0.2) ? input.length + 1 : 12));
    const before = input.subarray(0, at);
    const after = input.subarray(end);
    switch (random.int(8)) {
      case 0: // cut off
        return before;
      case 1: // a part is missing
        return Buffer.concat([before, after]);
      case 2: // a part is there twice
        return Buffer.concat([before, input.subarray(at, end), input.subarray(at, end), after]);
      case 3: {
        // one bit is another
        const copy = Buffer.from(input);
        if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.int(8));
        return copy;
      }
      case 4: {
        // one byte is another
        const copy = Buffer.from(input);
        if (at < copy.length) copy[at] = random.int(256);
        return copy;
      }
      case 5: {
        // it goes on as another one does
        const other = random.pick(this.#samples);
        return Buffer.concat([before, other.subarray(random.int(other.length + 1))]);
      }
      case 6: // a number is another
        return this.#otherNumber(input, at);
      default: // something is put in its place, or in between
        return Buffer.concat([before, this.#piece(), random.chance(0.5) ? after : input.subarray(at)]);
    }
  }

  #otherNumber(input: Buffer, from: number): Buffer {
    const isDigit = (at: number): boolean => (input[at] ?? 0) >= 0x30 && (input[at] ?? 0) <= 0x39;
    let start = from;
    while (start < input.length && !isDigit(start)) start++;
    let end = start;
    while (isDigit(end)) end++;
    const number = this.#random.pick(['0', '-1', '1', '255', '65536', '4294967295', '1e308', '99999999999999999999']);
    return Buffer.concat([input.subarray(0, start), Buffer.from(number), input.subarray(end)]);
  }
}
