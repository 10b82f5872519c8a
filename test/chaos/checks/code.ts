/** Keeper and controller run from the current copy of the programs, also after an upgrade and a loss. */
import {basename, dirname} from 'node:path';

const copyOf = (words: readonly string[]): string => {
  const program = words.find(word => word.endsWith('.cjs'));
  return program === undefined ? '' : basename(dirname(program));
};

/**
 * Applies once the fleet has settled.
 *
 * @param words the command line of each part
 */
export const otherCode = (
  words: {readonly keeper: readonly string[]; readonly controller: readonly string[]},
  current: string,
): string[] =>
  (['keeper', 'controller'] as const).flatMap(name =>
    // The anchor starts the current programs by that name.
    [current, 'current'].includes(copyOf(words[name]))
      ? []
      : [`the ${name} runs from ${copyOf(words[name])}, and current is ${current}`],
  );
