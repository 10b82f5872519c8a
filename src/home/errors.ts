/** Errors of a fleet's folder, for every part that works in it. */

/**
 * Another user could decide what is written or run in the folder. The message names the user, the consequence and the
 * remedy.
 */
export class UntrustedError extends Error {
  override readonly name = 'UntrustedError';
}
