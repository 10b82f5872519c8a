/** A look at a supervisor's processes from outside: it needs no answer of any of them. */
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
/** Between two looks: a process that reads a disk is in state D for less. */
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

/** Field 22 of `/proc/PID/stat`: with the pid, the process's identity; null where it is gone. */
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

/** The anchor that the lock names; one that is process 1 is named by its keeper's arguments alone. */
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

/** Anchor and keeper, and the controller and an anchor that the lock names no more if they were found before. */
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

/** What keeps the keeper from doing anything, for commands that do without it; null: nothing that a glance tells. */
export function keeperTrouble(folder: string): string | null {
  const {keeper} = lookFrom(folder, null);
  if (keeper?.state == null) return null;
  const answers = {controllerIsSilent: false, keeperSilentMs: null};
  const [trouble] = troublesOf({...NOTHING, keeper}, NOTHING, answers);
  return trouble ? troubleWords(trouble) : null;
}

/** The process that listens on the control socket, by the kernel's word (unix(7), SO_PEERCRED): it need not answer. */
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
    // Loaded only here: a command that is answered needs no FFI.
    const {peerCredentials} = await import('../../posix/peer.ts');
    const pid = peerCredentials(fd)?.pid ?? 0;
    return pid > 0 ? {pid, startTime: startTimeOf(pid)} : null;
  } catch {
    return null; // the library can't be loaded here
  }
}

/** Everything, twice. `controllerIsSilent`: it was asked and has not answered. */
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
