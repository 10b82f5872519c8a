/** Waiting for a condition. */
import {setTimeout as delay} from 'node:timers/promises';

const POLL_MS = 20;

/** Whether a probe of {@link until} runs. A probe is repeated, so it reads state in the cheapest way. */
let isPolling = false;

function polled<T>(probe: () => T): T {
  isPolling = true;
  try {
    return probe();
  } finally {
    isPolling = false;
  }
}

/**
 * Waits until `probe` returns a value other than null, undefined, false and the empty string.
 *
 * @throws after `ms`, with the last value or error of `probe`.
 */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  ms = 15_000,
): Promise<Exclude<T, null | undefined | false | ''>> {
  const end = performance.now() + ms;
  for (;;) {
    let last: unknown;
    try {
      const value = await polled(probe);
      if (value !== null && value !== undefined && value !== false && value !== '')
        return value as Exclude<T, null | undefined | false | ''>;
      last = value;
    } catch (error) {
      last = error instanceof Error ? error.message : error;
    }
    if (performance.now() > end) throw new Error(`waited ${ms} ms for: ${what}; last: ${JSON.stringify(last)}`);
    await delay(POLL_MS);
  }
}

/** Whether a probe of {@link until} is running now. */
export const isProbing = (): boolean => isPolling;
