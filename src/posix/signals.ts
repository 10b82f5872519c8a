/** Signals by name and number, and their dispositions (signal(7)). */
import type {SignalName} from '../base/signal-name.ts';
import {constants} from 'node:os';
import {libc} from './libc.ts';

// SIGIOT, SIGPOLL and SIGUNUSED are second names; the first name of a number is shown.
const byNumber = new Map<number, SignalName>();
for (const [name, number] of Object.entries(constants.signals)) {
  if (!byNumber.has(number) && name !== 'SIGIOT' && name !== 'SIGPOLL') byNumber.set(number, name as SignalName);
}

const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

/** Returns `SIGTERM` for 15, `SIGRTMIN+1` for 35. */
export const signalName = (number: number): SignalName =>
  byNumber.get(number) ??
  (number === FIRST_REALTIME ? 'SIGRTMIN' : (`SIGRTMIN+${number - FIRST_REALTIME}` as const satisfies SignalName));

/** Returns the number of `TERM`, `sigterm`, `SIGTERM`, `15` or `SIGRTMIN+3`, or null if there is no such signal. */
export function signalNumber(text: string): number | null {
  const bare = text.trim().toUpperCase().replace(/^SIG/, '');
  if (/^\d{1,2}$/.test(bare)) {
    const number = Number(bare);
    return number >= 1 && number <= LAST_REALTIME ? number : null;
  }
  const realtime = /^RTMIN(?:\+(\d{1,2}))?$/.exec(bare);
  if (realtime) {
    const number = FIRST_REALTIME + Number(realtime[1] ?? 0);
    return number <= LAST_REALTIME ? number : null;
  }
  const found = Object.entries(constants.signals).find(([name]) => name === `SIG${bare}`);
  return found ? found[1] : null;
}

const signal = libc<[number, null]>('void *signal(int number, void *handler)');

/**
 * Resets the real-time signals to their default disposition. libuv resets only 1 to 31 in every child, so a real-time
 * signal that was ignored when the supervisor started would stay ignored in every worker.
 */
export function resetRealtimeSignals(): void {
  for (let number = FIRST_REALTIME; number <= LAST_REALTIME; number++) signal(number, null);
}
