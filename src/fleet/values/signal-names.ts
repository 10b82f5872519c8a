import {constants} from 'node:os';
import type {SignalName} from '../../base/signal-name.ts';

const NUMBERS: Readonly<Record<string, number>> = constants.signals;

function isSignalName(name: string): name is SignalName {
  return name.startsWith('SIG');
}

/**
 * Returns every signal of this platform, with one name each (`SIGABRT`, not also `SIGIOT`): the name used for the
 * kernel's reports.
 */
export function signalNames(): readonly SignalName[] {
  const byNumber = new Map<number, SignalName>();
  for (const [name, number] of Object.entries(NUMBERS)) {
    if (isSignalName(name) && !byNumber.has(number)) byNumber.set(number, name);
  }
  return [...byNumber.values()];
}

/**
 * Parses a signal name (signal(7)); `term`, `SIGTERM` and `sigterm` are SIGTERM. Returns undefined if there is no such
 * signal here.
 */
export function parseSignal(text: string): SignalName | undefined {
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (!Object.hasOwn(NUMBERS, name)) return undefined;
  const number = NUMBERS[name];
  return signalNames().find(known => NUMBERS[known] === number);
}
