/** A bug that a developer could introduce into src/supervisor. */
export interface Mutant {
  /** Completes the sentence "the simulation finds a core that …". */
  readonly bug: string;
  /** The name of a file in src/supervisor. */
  readonly file: string;
  /** A passage that occurs once in the file. */
  readonly from: string;
  /** Its replacement. */
  readonly to: string;
}
