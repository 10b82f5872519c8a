/** Every line that a worker has written is in its log. */
import type {Note} from '../ledger.ts';

/**
 * Applies once the fleet has settled.
 *
 * @param has returns the number of the last line of that run in the log
 */
export const missingLines = (notes: readonly Note[], has: (note: Note) => number): string[] =>
  notes.flatMap(note =>
    has(note) < note.number
      ? [`${note.id}: run ${note.run} has written line ${note.number}, and its log ends at ${has(note)}`]
      : [],
  );
