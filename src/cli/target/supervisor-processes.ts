/** The processes of a fleet's supervisor, so that a client can signal them and wait for their end. */
import {SIGTERM} from '../../posix/signal-numbers.ts';
import {errorCode} from '../../base/errors.ts';
import {lstatSync} from 'node:fs';
import type {Client} from '../../control/client.ts';
import {connectFleet} from '../../control/connect.ts';
import {inFolder} from '../../control/folder.ts';
import {keeperAlive, processAlive, processState, readLock} from '../../control/lock.ts';
import {findLock} from '../../control/supervisor.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {startTimeOf} from './supervisor-look.ts';

const POLL_MS = 10;
/** When the workers are down, nothing is left that could take long. */
const PATIENCE_MS = 30_000;
const ANSWER_MS = 2_000;

export interface SupervisorProcess {
  readonly what: 'keeper' | 'anchor';
  readonly pid: number;
  readonly startTime: string | null;
}

/** Anchor and keeper as the lock file names them, or as they are found where it is gone; the anchor's start time is looked up while it lives. */
export function supervisorOf(folder: string): readonly SupervisorProcess[] {
  const {lock} = findLock(folder);
  if (!lock) return [];
  const keeper = {what: 'keeper' as const, pid: lock.pid, startTime: lock.startTime};
  if (lock.anchor === null) return [keeper];
  return [keeper, {what: 'anchor', pid: lock.anchor, startTime: lock.anchorStartTime ?? startTimeOf(lock.anchor)}];
}

/** The same where the lock was removed under a living supervisor: as its controller tells. */
export async function supervisorOfController(folder: string): Promise<readonly SupervisorProcess[]> {
  let client: Client | null = null;
  try {
    client = await connectFleet(folder, {timeoutMs: 0});
    const {supervisor} = await client.call('ps', {}, {signal: AbortSignal.timeout(ANSWER_MS)});
    const {pid, anchor} = supervisor;
    const keeper = {what: 'keeper' as const, pid, startTime: startTimeOf(pid)};
    return anchor === null ? [keeper] : [keeper, {what: 'anchor', pid: anchor, startTime: startTimeOf(anchor)}];
  } catch {
    return []; // there is none, or it does not answer
  } finally {
    client?.close();
  }
}

const named = ({what, pid}: SupervisorProcess): string => `the ${what} (pid ${pid})`;

/**
 * Sends SIGTERM to the anchor, which passes it on, or to the keeper where there is no anchor or it is stopped; and says so.
 *
 * @returns which; null: none of them lives. @throws CliError where that is refused.
 */
export async function signalSupervisor(
  processes: readonly SupervisorProcess[],
  say: (words: string) => void,
): Promise<SupervisorProcess | null> {
  const alive = processes.filter(({pid, startTime}) => processAlive(pid, startTime));
  const passes = ({pid, startTime}: SupervisorProcess): boolean => !/[Tt]/.test(processState(pid, startTime) ?? '');
  const anchor = alive.find(process => process.what === 'anchor' && passes(process));
  const chosen = anchor ?? alive.find(({what}) => what === 'keeper') ?? alive[0];
  if (!chosen) return null;
  const refused = await send(chosen);
  if (refused === 'ESRCH') return signalSupervisor(processes, say);
  if (refused !== null) {
    const why = refused === 'EPERM' ? 'it belongs to another user' : refused;
    throw new CliError(
      ExitCode.failed,
      `the controller does not answer, and ${named(chosen)} can't be signalled: ${why}`,
    );
  }
  say(`the controller does not answer: ${named(chosen)} was sent SIGTERM, which stops the fleet in order`);
  return chosen;
}

/** By pid and start time, so that it reaches no other process. @returns the name of the error; null: it was sent. */
async function send({pid, startTime}: SupervisorProcess): Promise<string | null> {
  const {signalIdentified} = await import('../../posix/pidfd.ts');
  const identity = startTime ?? startTimeOf(pid);
  if (identity === null) return 'ESRCH';
  const refused = signalIdentified(pid, identity, SIGTERM, startTimeOf);
  // A kernel, or a filter, that has no pidfd.
  if (refused !== 'ENOSYS' || startTimeOf(pid) !== identity) return refused === 'ENOSYS' ? 'ESRCH' : refused;
  try {
    process.kill(pid, 'SIGTERM');
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

export interface GoneOptions {
  /** Nothing is left that could take long. */
  readonly workersAreDown: boolean;
  readonly signal?: AbortSignal;
}

/** @throws CliError if they outlive what they were there for; AbortError. */
export async function waitUntilGone(
  processes: readonly SupervisorProcess[],
  {workersAreDown, signal}: GoneOptions,
): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    signal?.throwIfAborted();
    const alive = processes.filter(({pid, startTime}) => processAlive(pid, startTime));
    if (alive.length === 0) return;
    if (workersAreDown && performance.now() > end) {
      const why = alive.map(one => {
        const state = processState(one.pid, one.startTime) ?? 'gone';
        const cure = /[Tt]/.test(state) ? `\`kill -CONT ${one.pid}\` continues it` : `\`kill ${one.pid}\` ends it`;
        return `${named(one)} has not ended (state ${state}); ${cure}`;
      });
      throw new CliError(ExitCode.failed, `the workers are down, but ${why.join('; ')}`);
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

/**
 * How a fleet ended whose supervisor is gone:
 * - `well`: every run had ended, as the controller has answered or the keeper noted at last
 * - `killed`: its keeper did not get as far; workers may live on
 * - `again`: there is another supervisor meanwhile
 */
export type FleetEnd = 'well' | 'killed' | 'again';

/** @param answered the controller has answered that its workers are down */
export function endOf(folder: string, answered: boolean): FleetEnd {
  const lock = readLock(folder);
  // A keeper that ends well empties its lock at last; one that was killed leaves its name in it.
  if (keeperAlive(lock)) return 'again';
  // The answer tells what was proved of each instance; on a full disk there may be no mark.
  if (answered) return 'well';
  const isMarked = lstatSync(inFolder.stopped(folder), {throwIfNoEntry: false}) !== undefined;
  return lock === null && isMarked ? 'well' : 'killed';
}
