/** What an error says, whatever was thrown. */

/** The kernel's or Node's name for it (`ENOENT`). */
export const errorCode = (error: unknown, otherwise = 'EUNKNOWN'): string =>
  error instanceof Error && 'code' in error ? String(error.code) : otherwise;

export const hasCode = (error: unknown, ...codes: readonly string[]): boolean => codes.includes(errorCode(error, ''));

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
