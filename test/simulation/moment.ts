import type {WorkerSpec} from '../../src/fleet/types.ts';
import type {Instance} from '../../src/supervisor/index.ts';

/** A moment: each worker's definition and instances, in order. */
export type Moment = ReadonlyMap<string, {readonly spec: WorkerSpec; readonly instances: readonly Instance[]}>;
