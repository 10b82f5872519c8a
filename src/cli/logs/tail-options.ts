/** Options of `logs` and `events`: the number of earlier lines, and whether to follow. */
import {textOf, type Context, type Option} from '../framework/command.ts';
import {UsageError} from '../framework/errors.ts';
import type {Output} from '../terminal/output.ts';

export const FOLLOW_OPTION: Readonly<Record<string, Option>> = {
  follow: {type: 'boolean', short: 'f', help: 'print new entries as they arrive, until Ctrl-C'},
};

export const linesOption = (usual: number): Readonly<Record<string, Option>> => ({
  lines: {type: 'string', short: 'n', value: 'N|all', help: `the last N lines, or all; default ${usual}`},
});

/** Returns the value of `-n`, or null for all. @throws UsageError */
export function lineCountOf(context: Context, usual: number | null): number | null {
  const text = textOf(context, 'lines');
  if (text === undefined) return usual;
  if (text === 'all') return null;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`-n ${text}: expected a number of lines, or all`);
}

/**
 * Returns a signal that is aborted by Ctrl-C, by SIGTERM, or when the reader is gone; following then ends without an
 * error.
 */
export function stopSignal(out: Output): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  return AbortSignal.any([stop.signal, out.gone]);
}
