import {constants} from 'node:os';
import type {SignalName} from '../../base/signal-name.ts';

const NUMBERS: Readonly<Record<string, number>> = constants.signals;

function isSignalName(name: string): name is SignalName {
  return name.startsWith('SIG');
}

/** Every signal of this platform, one name each (`SIGABRT`, not also `SIGIOT`): the name that the kernel's answers get. */
export function signalNames(): readonly SignalName[] {
  const byNumber = new Map<number, SignalName>();
  for (const [name, number] of Object.entries(NUMBERS)) {
    if (isSignalName(name) && !byNumber.has(number)) byNumber.set(number, name);
  }
  return [...byNumber.values()];
}

/** `term`, `SIGTERM` and `sigterm` are SIGTERM; undefined for what is no signal here (signal(7)). */
export function parseSignal(text: string): SignalName | undefined {
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  if (!Object.hasOwn(NUMBERS, name)) return undefined;
  const number = NUMBERS[name];
  return signalNames().find(known => NUMBERS[known] === number);
}
