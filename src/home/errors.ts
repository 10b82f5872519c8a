/** What is wrong with a fleet's folder, for every part that works in it. */

/** Another user could decide what is written or run in the folder. The message says who, what it means and what to do. */
export class UntrustedError extends Error {
  override readonly name = 'UntrustedError';
}
