/** The usual meanings of exit codes and signals. */

const CODES: Readonly<Record<number, string>> = {
  126: 'the command was found but could not be executed: no permission, or not a program',
  127: 'the shell did not find the command',
};

const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: 'SIGKILL cannot be caught: sent by a user or program, or by the kernel because memory ran out (see `dmesg`)',
  SIGSEGV: 'invalid memory access: a bug in it or in a native library',
  SIGBUS: 'a memory access failed: a mapped file was truncated, or its disk is full',
  SIGABRT: 'it aborted itself: a failed assertion, a failed allocation, or a watchdog',
  SIGILL: 'it executed an instruction that this processor does not support',
  SIGFPE: 'an arithmetic error, such as a division by zero',
  SIGTERM: 'a user or program asked it to terminate',
  SIGINT: 'it was interrupted, as by Ctrl-C',
  SIGHUP: 'its terminal was closed, or it received SIGHUP and does not handle it',
  SIGQUIT: 'it was asked to quit with a core dump, as by Ctrl-\\',
  SIGPIPE: 'it wrote to a pipe or socket that no process reads any more',
  SIGALRM: 'its alarm expired and it does not handle SIGALRM',
  SIGUSR1: 'it received SIGUSR1 and does not handle it',
  SIGUSR2: 'it received SIGUSR2 and does not handle it',
  SIGXCPU: 'it exceeded its CPU time limit',
  SIGXFSZ: 'it exceeded its file size limit',
  SIGSYS: 'it made a forbidden system call (seccomp)',
  SIGTRAP: 'it hit a breakpoint: a debugger, or a failed check in its runtime',
};

/** Returns the meaning, or null if there is nothing to add to the code or the signal. */
export function meaningOf(
  code: number | null,
  signal: string | null,
  signalOfNumber: (number: number) => string | null,
): string | null {
  if (signal !== null) return SIGNALS[signal] ?? null;
  if (code === null) return null;
  const known = CODES[code];
  if (known !== undefined) return known;
  // A shell exits with 128 + n if its child died of signal n (bash(1), EXIT STATUS).
  const name = code > 128 ? signalOfNumber(code - 128) : null;
  if (name === null) return null;
  const meaning = SIGNALS[name];
  return `128 + ${code - 128}: a program that it ran was probably killed by ${name}${meaning === undefined ? '' : ` (${meaning})`}`;
}
