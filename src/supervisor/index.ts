export {SnapshotError} from './errors.ts';
export {createHeart, type Heart, type HeartOptions} from './heart.ts';
export {restoreHeart} from './restore.ts';
export type * from './types.ts';
