/** Examines a supervisor's processes from outside, without an answer from any of them. */
import {connect, type Socket} from 'node:net';
import {readFileSync} from 'node:fs';
import {inFolder} from '../../control/folder.ts';
import {processState, readLock} from '../../control/lock.ts';
import {socketAddress} from '../../control/socket-path.ts';
import {
  troublesOf,
  troubleWords,
  type Part,
  type SeenProcess,
  type SupervisorLook,
  type Trouble,
} from './supervisor-troubles.ts';

const CONNECT_MS = 500;
/** The time between two looks: a process that reads a disk is in state D for less. */
const AGAIN_MS = 300;

export interface ProcessId {
  readonly pid: number;
  readonly startTime: string | null;
}

const seen = (part: Part, {pid, startTime}: ProcessId): SeenProcess => ({
  part,
  pid,
  startTime,
  state: processState(pid, startTime),
});

/**
 * Returns field 22 of `/proc/PID/stat`, which identifies a process together with its pid, or null if the process is
 * gone.
 */
export function startTimeOf(pid: number): string | null {
  return statFields(pid)?.[22 - 3] ?? null;
}

function statFields(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Returns the anchor that the lock names. An anchor that is process 1 is named only by its keeper's arguments. */
function anchorOf(folder: string): ProcessId | null {
  const lock = readLock(folder);
  if (!lock) return null;
  if (lock.anchor !== null) return {pid: lock.anchor, startTime: lock.anchorStartTime};
  try {
    const isFirst = readFileSync(`/proc/${lock.pid}/cmdline`, 'latin1').split('\0').includes('--anchor=1');
    return isFirst && statFields(lock.pid)?.[4 - 3] === '1' ? {pid: 1, startTime: null} : null;
  } catch {
    return null;
  }
}

/**
 * Returns the states of anchor, keeper and controller. The caller passes the controller, and an anchor that the lock no
 * longer names, if they were found before.
 */
export function lookFrom(
  folder: string,
  controller: ProcessId | null,
  knownAnchor: ProcessId | null = null,
): SupervisorLook {
  const lock = readLock(folder);
  const anchor = anchorOf(folder) ?? knownAnchor;
  return {
    anchor: anchor && seen('anchor', anchor),
    keeper: lock && seen('keeper', lock),
    controller: controller && seen('controller', controller),
  };
}

const NOTHING: SupervisorLook = {anchor: null, keeper: null, controller: null};

/**
 * Returns the reason why the keeper can't act, or null if none is visible at a glance; for commands that do not need
 * the keeper.
 */
export function keeperTrouble(folder: string): string | null {
  const {keeper} = lookFrom(folder, null);
  if (keeper?.state == null) return null;
  const answers = {controllerIsSilent: false, keeperSilentMs: null};
  const [trouble] = troublesOf({...NOTHING, keeper}, NOTHING, answers);
  return trouble ? troubleWords(trouble) : null;
}

/**
 * Returns the process that listens on the control socket, as the kernel reports it (unix(7), SO_PEERCRED): it need not
 * answer.
 */
export async function controllerOf(folder: string): Promise<ProcessId | null> {
  let address: ReturnType<typeof socketAddress>;
  try {
    address = socketAddress(inFolder.socket(folder));
  } catch {
    return null;
  }
  const socket = connect(address.path);
  try {
    const isOpen = await new Promise<boolean>(resolve => {
      const late = setTimeout(() => resolve(false), CONNECT_MS);
      const done = (open: boolean) => (): void => {
        clearTimeout(late);
        resolve(open);
      };
      socket.on('error', done(false));
      socket.once('connect', done(true));
    });
    return isOpen ? await peerOf(socket) : null;
  } finally {
    socket.destroy();
    address.release();
  }
}

async function peerOf(socket: Socket): Promise<ProcessId | null> {
  const handle: unknown = '_handle' in socket ? socket._handle : null;
  const fd = typeof handle === 'object' && handle !== null && 'fd' in handle ? handle.fd : null;
  if (typeof fd !== 'number' || fd < 0) return null;
  try {
    // Loaded only here: a command that gets an answer needs no FFI.
    const {peerCredentials} = await import('../../posix/peer.ts');
    const pid = peerCredentials(fd)?.pid ?? 0;
    return pid > 0 ? {pid, startTime: startTimeOf(pid)} : null;
  } catch {
    return null; // the library can't be loaded here
  }
}

/** Examines all processes, twice. `controllerIsSilent`: the controller has not answered a request. */
export async function examineSupervisor(
  folder: string,
  answers: {readonly controllerIsSilent: boolean; readonly keeperSilentMs?: number | null},
): Promise<{readonly look: SupervisorLook; readonly troubles: readonly Trouble[]}> {
  const controller = await controllerOf(folder);
  const before = lookFrom(folder, controller);
  await new Promise(resolve => setTimeout(resolve, AGAIN_MS));
  const look = lookFrom(folder, controller);
  const {controllerIsSilent, keeperSilentMs = null} = answers;
  return {look, troubles: troublesOf(look, before, {controllerIsSilent, keeperSilentMs})};
}
