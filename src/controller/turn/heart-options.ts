import {randomBytes} from 'node:crypto';
import {availableParallelism} from 'node:os';
import {calendar} from './calendar.ts';
import {rateLimitsFor, type HeartOptions} from '../../supervisor/index.ts';

/** What only the world outside of the heart can give. */
export const heartOptions: HeartOptions = {
  newToken: (): string => randomBytes(16).toString('hex'),
  random: (): number => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
  calendar,
  limits: rateLimitsFor(availableParallelism()),
};
