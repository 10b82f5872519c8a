/** The usual meanings of exit codes and signals. */

const CODES: Readonly<Record<number, string>> = {
  126: 'the command was found but could not be executed: no permission, or no program',
  127: 'a shell did not find the command',
};

const SIGNALS: Readonly<Record<string, string>> = {
  SIGKILL: 'somebody sent SIGKILL, which can not be caught; or the kernel did because memory ran out (see `dmesg`)',
  SIGSEGV: 'it touched memory that is not its own: a bug in it or in a native library',
  SIGBUS: 'a memory access failed: a mapped file that was cut short, or a full disk behind it',
  SIGABRT: 'it aborted itself: a failed assertion, an allocation that failed, or a watchdog',
  SIGILL: 'it met an instruction that this processor does not have',
  SIGFPE: 'an arithmetic error, such as a division by zero',
  SIGTERM: 'somebody asked it to end',
  SIGINT: 'somebody interrupted it, as Ctrl-C does',
  SIGHUP: 'its terminal was closed, or somebody sent SIGHUP and it does not handle that',
  SIGQUIT: 'somebody asked it to quit with a core dump, as Ctrl-\\ does',
  SIGPIPE: 'it wrote to a pipe or socket that nobody reads any more',
  SIGALRM: 'its alarm clock rang and it does not handle that',
  SIGUSR1: 'somebody sent SIGUSR1 and it does not handle that',
  SIGUSR2: 'somebody sent SIGUSR2 and it does not handle that',
  SIGXCPU: 'it used up its CPU time limit',
  SIGXFSZ: 'it wrote a file beyond its size limit',
  SIGSYS: 'it made a system call that it may not make (seccomp)',
  SIGTRAP: 'it hit a breakpoint: a debugger, or a check in its runtime that failed',
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
  return `128 + ${code - 128}: what it ran was probably killed by ${name}${meaning === undefined ? '' : ` (${meaning})`}`;
}
