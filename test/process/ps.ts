import {spawnSync} from 'node:child_process';

/** Whether this system's ps supports these columns: that of busybox has few. */
export const psKnows = (columns: string): boolean => spawnSync('ps', ['-o', columns]).status === 0;
