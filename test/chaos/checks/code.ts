/** Keeper and controller run from the one copy of the programs that is current, also after an upgrade and a loss. */
import {basename, dirname} from 'node:path';

const copyOf = (words: readonly string[]): string => {
  const program = words.find(word => word.endsWith('.cjs'));
  return program === undefined ? '' : basename(dirname(program));
};

/** Not once all has settled. `words`: the command line of each part. */
export const otherCode = (
  words: {readonly keeper: readonly string[]; readonly controller: readonly string[]},
  current: string,
): string[] =>
  (['keeper', 'controller'] as const).flatMap(name =>
    // By that name, the anchor starts what is current.
    [current, 'current'].includes(copyOf(words[name]))
      ? []
      : [`the ${name} runs from ${copyOf(words[name])}, and current is ${current}`],
  );
