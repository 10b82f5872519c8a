export {SnapshotError} from './errors.ts';
export {createHeart, type Heart, type HeartOptions} from './heart.ts';
export {planFor, type Difference, type FleetPlan, type WorkerChange} from './plan.ts';
export {rateLimitsFor, type RateLimits} from './instance/rate.ts';
export {withChanges} from './snapshot.ts';
export {restoreHeart} from './restore.ts';
export type {Calendar} from './calendar.ts';
export {waitsForTime} from './instance/scheduling.ts';
export type * from './types.ts';
