/** The part of the supervisor that a story drives. */
import type * as supervisor from '../../src/supervisor/index.ts';

/** The core under test: the real one, or one with a planted bug. */
export type CoreModule = Pick<typeof supervisor, 'createCore' | 'restoreCore' | 'planFor'>;
