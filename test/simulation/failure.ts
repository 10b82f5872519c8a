/** What the simulation found: which promise was broken, and where. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Throws {@link Broken}: the core itself has found an invariant violated. */
export function violated(words: string): never {
  throw new Broken(words);
}

/** Throws {@link Broken} unless it holds. The text is made only when it is needed: this runs millions of times. */
export function promise(holds: boolean, what: () => string): asserts holds {
  if (!holds) throw new Broken(what());
}
