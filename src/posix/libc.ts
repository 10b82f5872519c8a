/**
 * The C library of the running program, through koffi. `koffi.load(null)` finds its symbols in Node itself, so glibc
 * and musl both work. The library is loaded at the first call, so importing this folder has no effect.
 */
import koffi from 'koffi';

let library: ReturnType<typeof koffi.load> | undefined;

/** Returns a function of the C library that is bound at its first call. */
// The caller declares the types of the arguments; koffi checks them against the prototype at each call.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function libc<Arguments extends readonly unknown[]>(prototype: string): (...args: Arguments) => number {
  let bound: ReturnType<ReturnType<typeof koffi.load>['func']> | undefined;
  return (...args) => {
    bound ??= (library ??= koffi.load(null)).func(prototype);
    return Number(bound(...args));
  };
}

/**
 * Like `libc`, but runs the call on a thread of libuv's pool, for calls that block. `done` receives the return value;
 * errno is that of the call there.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function libcAsync<Arguments extends readonly unknown[]>(
  prototype: string,
): (args: Arguments, done: (value: number) => void) => void {
  let bound: ReturnType<ReturnType<typeof koffi.load>['func']> | undefined;
  /** Keeps buffers from being collected while the kernel has their addresses. */
  const underWay = new Set<Arguments>();
  return (args, done) => {
    bound ??= (library ??= koffi.load(null)).func(prototype);
    underWay.add(args);
    bound.async(...args, (error: Error | null, value: number | bigint) => {
      underWay.delete(args);
      // koffi swallows exceptions that are thrown in its callbacks.
      loudly(() => {
        if (error) throw error;
        done(Number(value));
      });
    });
  };
}

function loudly(action: () => void): void {
  try {
    action();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}

export const errno = (): number => koffi.errno();

/** The first of two names for a number counts: 11 is EAGAIN, never EWOULDBLOCK. */
const names = new Map(
  Object.entries(koffi.os.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** Returns `ENOENT` for 2, and `E4711` for a number that has no name on this system. */
export const errnoName = (number: number): string => names.get(number) ?? `E${number}`;

/** A failed call of the C library. */
export class SystemError extends Error {
  readonly syscall: string;
  /** `ENOENT`, `EMFILE`, ... */
  readonly code: string;
  constructor(syscall: string, number: number, detail = '') {
    super(`${syscall}${detail && ` ${detail}`}: ${errnoName(number)}`);
    this.name = 'SystemError';
    this.syscall = syscall;
    this.code = errnoName(number);
  }
}

/** Returns the result of a call. Throws {@link SystemError} if it is -1. */
export function check(value: number, syscall: string, detail?: string): number {
  if (value === -1) throw new SystemError(syscall, errno(), detail);
  return value;
}

/** syscall(2) with up to five integer arguments, for calls that not every C library wraps. */
export const syscall = libc<[number, number, number, number, number, number]>(
  'long syscall(long number, long a, long b, long c, long d, long e)',
);
