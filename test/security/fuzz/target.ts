/** Inputs of which each half is harmless alone, and the two are multiplied where a parser is careless. */
export interface Product {
  readonly name: string;
  /** Of about so many bytes. */
  readonly of: (bytes: number) => string;
}

/** A parser that reads what others write, as the fuzzer sees it. */
export interface Target {
  /** The parser, by its file. */
  readonly name: string;
  /** Real inputs, from which others are made. */
  readonly samples: readonly (string | Buffer)[];
  /** What the grammar of its inputs is made of; inputs are also put together from these alone. */
  readonly pieces: readonly string[];
  /**
   * Gives an input to the parser. Throws what the parser throws, and where the answer is none that the parser may give.
   */
  readonly take: (input: Buffer) => unknown;
  /** Whether the parser says of itself that it throws this. Default: it throws nothing. */
  readonly declared?: (error: unknown) => boolean;
  /** Put before and behind repeated pieces, to reach further into the parser. */
  readonly frames?: readonly (readonly [string, string])[];
  /** Beside those that are made of two pieces by chance. */
  readonly products?: readonly Product[];
}

export const utf8 = (input: Buffer): string => input.toString('utf8');
export const latin1 = (input: Buffer): string => input.toString('latin1');

/** Throws unless what a parser has answered is as it must be. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`the answer is wrong: ${what}`);
}
