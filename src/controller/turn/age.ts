/** How long a process has run, whichever process observed its start. */
import {readSmall, TICKS_PER_SECOND} from '../../process/stat.ts';

/** Reads the time since boot once. The result returns 0 for a start time that lies ahead of it. */
export function agesNow(): (startTime: string) => number {
  const uptimeMs = Number(readSmall('/proc/uptime')?.split(' ')[0]) * 1000;
  return startTime => Math.max(0, uptimeMs - (Number(startTime) / TICKS_PER_SECOND) * 1000) || 0;
}
