/** Ready when a program exits with code 0. */
import {poll, type Probe} from './probe.ts';

export const exec: Probe<'exec'> = ({argv, timeoutMs}, {run, ready}) =>
  poll(signal => run({argv, timeoutMs, signal}), ready, 100, 1_000);
