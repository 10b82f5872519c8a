import type {Style} from '../terminal/paint.ts';

const STYLES: Readonly<Record<string, Style>> = {R: 'green', T: 'yellow', t: 'yellow', D: 'red', Z: 'red', X: 'red'};

/** Returns the colour of a kernel state: running, stopped, or one that should not last. */
export const styleOfState = (state: string | null): Style | null => STYLES[state ?? ''] ?? null;
