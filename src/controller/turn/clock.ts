/** The two clocks. The core itself has none. */
import type {Time} from '../../supervisor/types.ts';

/** CLOCK_MONOTONIC in milliseconds: the same for all processes of this boot, so deadlines outlive a controller. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;

export const now = (): Time => ({mono: monotonic(), wall: Date.now()});
