/** Code and message of a thrown value of any type. */

/** Returns the error's code as the kernel or Node names it (`ENOENT`). */
export const errorCode = (error: unknown, otherwise = 'EUNKNOWN'): string =>
  error instanceof Error && 'code' in error ? String(error.code) : otherwise;

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errorCode(error, ''));

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
