/**
 * The C library of the running program, through koffi. `koffi.load(null)` finds its symbols in Node itself, so glibc
 * and musl both work. It is loaded at the first call, so that importing this folder has no effect.
 */
import koffi from 'koffi';

let library: ReturnType<typeof koffi.load> | undefined;

/** One function of the C library, bound at its first call. */
// The arguments are what the caller says of the prototype: koffi checks them when it is called.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function libc<Arguments extends readonly unknown[]>(prototype: string): (...args: Arguments) => number {
  let bound: ReturnType<ReturnType<typeof koffi.load>['func']> | undefined;
  return (...args) => {
    bound ??= (library ??= koffi.load(null)).func(prototype);
    return Number(bound(...args));
  };
}

/** The same, called on a thread of libuv's pool: for calls that block. The result is the value and its errno. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function libcAsync<Arguments extends readonly unknown[]>(
  prototype: string,
): (args: Arguments, done: (value: number) => void) => void {
  let bound: ReturnType<ReturnType<typeof koffi.load>['func']> | undefined;
  /** Buffers whose addresses the kernel has must not be collected meanwhile. */
  const underWay = new Set<Arguments>();
  return (args, done) => {
    bound ??= (library ??= koffi.load(null)).func(prototype);
    underWay.add(args);
    bound.async(...args, (error: Error | null, value: number | bigint) => {
      underWay.delete(args);
      // What is thrown in a callback of koffi's is swallowed there.
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

/** Of two names for a number the first counts: 11 is EAGAIN, and never EWOULDBLOCK. */
const names = new Map(
  Object.entries(koffi.os.errno)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/** `ENOENT` for 2; `E4711` for a number that this system has no name for. */
export const errnoName = (number: number): string => names.get(number) ?? `E${number}`;

/** A call of the C library that failed. */
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

/** Throws {@link SystemError} where a call returned -1. */
export function check(value: number, syscall: string, detail?: string): number {
  if (value === -1) throw new SystemError(syscall, errno(), detail);
  return value;
}

/** syscall(2) with up to five integer arguments, for what the C library has no wrapper for everywhere. */
export const syscall = libc<[number, number, number, number, number, number]>(
  'long syscall(long number, long a, long b, long c, long d, long e)',
);
