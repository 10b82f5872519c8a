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
/** Once the workers are down, no remaining step takes long. */
const PATIENCE_MS = 30_000;
const ANSWER_MS = 2_000;

export interface SupervisorProcess {
  readonly what: 'keeper' | 'anchor';
  readonly pid: number;
  readonly startTime: string | null;
}

/**
 * Returns anchor and keeper as the lock file names them, or as they are found if the file is gone. A missing start time
 * of the anchor is read while the anchor lives.
 */
export function supervisorOf(folder: string): readonly SupervisorProcess[] {
  const {lock} = findLock(folder);
  if (!lock) return [];
  const keeper = {what: 'keeper' as const, pid: lock.pid, startTime: lock.startTime};
  if (lock.anchor === null) return [keeper];
  return [keeper, {what: 'anchor', pid: lock.anchor, startTime: lock.anchorStartTime ?? startTimeOf(lock.anchor)}];
}

/** Returns anchor and keeper as the controller reports them, for a supervisor whose lock was removed while it lives. */
export async function supervisorOfController(folder: string): Promise<readonly SupervisorProcess[]> {
  let client: Client | null = null;
  try {
    client = await connectFleet(folder, {timeoutMs: 0});
    const {supervisor} = await client.call('ps', {}, {signal: AbortSignal.timeout(ANSWER_MS)});
    const {pid, anchor} = supervisor;
    const keeper = {what: 'keeper' as const, pid, startTime: startTimeOf(pid)};
    return anchor === null ? [keeper] : [keeper, {what: 'anchor', pid: anchor, startTime: startTimeOf(anchor)}];
  } catch {
    return []; // no controller, or no answer
  } finally {
    client?.close();
  }
}

const named = ({what, pid}: SupervisorProcess): string => `the ${what} (pid ${pid})`;

/**
 * Sends SIGTERM to the anchor, which passes it on, or to the keeper if there is no anchor or the anchor is stopped.
 * Reports it through `say`.
 *
 * @returns the signalled process, or null if no process lives. @throws CliError if the signal can't be sent.
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
  say(`the controller does not answer: sent SIGTERM to ${named(chosen)}, which stops the fleet in order`);
  return chosen;
}

/** Sends SIGTERM by pid and start time, so that it reaches no other process. @returns the error code, or null. */
async function send({pid, startTime}: SupervisorProcess): Promise<string | null> {
  const {signalIdentified} = await import('../../posix/pidfd.ts');
  const identity = startTime ?? startTimeOf(pid);
  if (identity === null) return 'ESRCH';
  const refused = signalIdentified(pid, identity, SIGTERM, startTimeOf);
  // The kernel, or a filter, does not support pidfds.
  if (refused !== 'ENOSYS' || startTimeOf(pid) !== identity) return refused === 'ENOSYS' ? 'ESRCH' : refused;
  try {
    process.kill(pid, 'SIGTERM');
    return null;
  } catch (error) {
    return errorCode(error);
  }
}

export interface GoneOptions {
  /** The workers have ended, so no remaining step takes long. */
  readonly workersAreDown: boolean;
  readonly signal?: AbortSignal;
}

/** Waits for the end of the processes. @throws CliError if they outlive their workers for too long; AbortError. */
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
        const cure = /[Tt]/.test(state)
          ? `\`kill -CONT ${one.pid}\` continues it`
          : `\`kill ${one.pid}\` terminates it`;
        return `${named(one)} has not exited (state ${state}); ${cure}`;
      });
      throw new CliError(ExitCode.failed, `the workers are down, but ${why.join('; ')}`);
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

/**
 * How a fleet ended whose supervisor is gone:
 * - `well`: every run had ended, according to the controller's answer or the keeper's last mark
 * - `killed`: the keeper was killed before that; workers may live on
 * - `again`: another supervisor has started meanwhile
 */
export type FleetEnd = 'well' | 'killed' | 'again';

/** @param answered whether the controller has answered that its workers are down */
export function endOf(folder: string, answered: boolean): FleetEnd {
  const lock = readLock(folder);
  // On a clean exit a keeper empties its lock last; a killed keeper leaves its entry in the lock.
  if (keeperAlive(lock)) return 'again';
  // The answer contains what was proved of each instance; on a full disk the mark may be missing.
  if (answered) return 'well';
  const isMarked = lstatSync(inFolder.stopped(folder), {throwIfNoEntry: false}) !== undefined;
  return lock === null && isMarked ? 'well' : 'killed';
}
