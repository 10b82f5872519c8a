import {randomBytes} from 'node:crypto';
import {availableParallelism} from 'node:os';
import {calendar} from './calendar.ts';
import {rateLimitsFor, type CoreOptions} from '../../supervisor/index.ts';

/** What the core needs from the world outside. */
export const coreOptions: CoreOptions = {
  newToken: (): string => randomBytes(16).toString('hex'),
  random: (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  calendar,
  limits: rateLimitsFor(availableParallelism()),
};
