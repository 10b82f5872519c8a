import type {Style} from '../terminal/paint.ts';

const STYLES: Readonly<Record<string, Style>> = {R: 'green', T: 'yellow', t: 'yellow', D: 'red', Z: 'red', X: 'red'};

/** The colour of a kernel state: what runs, what is stopped, and what should not last. */
export const styleOfState = (state: string | null): Style | null => STYLES[state ?? ''] ?? null;
