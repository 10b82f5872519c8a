/** The page size of this machine. */
import {libc} from './libc.ts';

const SC_PAGESIZE = 30; // in glibc and musl
const sysconf = libc<[number]>('long sysconf(int name)');

/** Returns the bytes of a page, the unit of memory in /proc: 4096 on most machines, 16 or 64 KiB on some ARM. */
export const pageBytes = (): number => sysconf(SC_PAGESIZE);
