/** Runs one program to its end, with a timeout. */
import {PacedTail} from './paced-tail.ts';
import {exactDuration} from '../../base/format.ts';

export interface ProgramOrder {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Text for the standard input, or null for none. */
  readonly input: string | null;
  readonly timeoutMs: number;
}

const LINE_CHARACTERS = 200;
/** When a program ends, its output is in the pipe; other holders of its standard error are not waited for. */
const DRAIN_MS = 100;

/**
 * Resolves to null on exit code 0, else to a description of the failure. On timeout, or when `signal` is aborted, the
 * whole process group is killed.
 */
export async function runProgram(
  {argv, cwd, env, input, timeoutMs}: ProgramOrder,
  signal: AbortSignal,
): Promise<string | null> {
  if (signal.aborted) return 'cancelled';
  // Imported on demand: execa costs 70 ms and 11 MB.
  const {execa} = await import('execa');
  const [program = '', ...args] = argv;
  const child = execa(program, args, {
    cwd,
    env,
    extendEnv: false,
    ...(input === null ? {stdin: 'ignore' as const} : {input}),
    stdout: 'ignore',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    cleanup: false,
    // A process group of its own, so that all of it can be killed.
    detached: true,
  });
  const {pid, stderr} = child;
  const tail = new PacedTail(stderr);
  const why = {late: false};
  const isCalledOff = (): boolean => signal.aborted;
  const kill = (): void => {
    // Until its end is reported the process is not reaped, so the group that it leads is its own.
    if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    why.late = !isCalledOff();
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // The process is about to end.
    }
  };
  const timer = setTimeout(kill, timeoutMs);
  signal.addEventListener('abort', kill, {once: true});
  // The signal may have been aborted while execa was imported.
  if (isCalledOff()) kill();
  child.once('exit', () => {
    tail.end();
    setTimeout(() => stderr.destroy(), DRAIN_MS);
  });
  const result = await child;
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  if (why.late) return `timed out after ${exactDuration(timeoutMs)}`;
  const {exitCode, signalCode} = child;
  if (exitCode === 0) return null;
  if (exitCode === null && signalCode === null) return `${program} can't be started (${result.code ?? 'unknown'})`;
  return `${exitCode === null ? `killed by ${signalCode ?? '?'}` : `exit code ${exitCode}`}${lastLine(tail.text)}`;
}

function lastLine(text: string): string {
  const line = text.trimEnd().split('\n').at(-1)?.trim().slice(0, LINE_CHARACTERS) ?? '';
  return line === '' ? '' : `: ${line}`;
}
