/**
 * POSIX shared memory and semaphores (shm_overview(7), sem_overview(7)), unnamed memory that was inherited or sent as a
 * descriptor, and files that several processes have mapped shared and at least one of them writes.
 */
import {readdirSync, readFileSync, statSync, type Stats} from 'node:fs';
import {join} from 'node:path';
import type {ChannelKind} from './channel-kind.ts';
import {fileId, groupBy, isDeleted, withoutDeleted} from './files.ts';
import type {OpenFile, SharedMapping, Snapshot} from './snapshot.ts';
import type {Channel, End} from './types.ts';
import type {Access} from '../posix/process-folder.ts';

/** A hold on memory: by a descriptor (`fd` set), or by a mapping. */
interface Hold {
  readonly pid: number;
  readonly fd: number | null;
  readonly mode: Access;
  readonly path: string;
  readonly device: string;
  readonly inode: number;
}

const S_IFREG = 0o100000;
const FOLDER = '/dev/shm/';
const SEMAPHORE = `${FOLDER}sem.`;
const MEMORY_FILE = /^\/(?:dev\/shm\/|memfd:)/;
const WITHOUT_NAME = /^\/(?:dev\/zero|anon_hugepage)(?: \(deleted\))?$/;
/** Paths of devices, of other kinds of channels, and of the kernel. */
const NOT_MEMORY = /^\/(?:dev\/(?!shm\/)|SYSV|\[aio\])|^[^/]/;

export const shm: ChannelKind = {
  kind: 'shm',
  needs: ['mappings', 'files'],
  read(snapshot) {
    const files = snapshot.files.filter(({type, path}) => type === S_IFREG && MEMORY_FILE.test(path));
    const holds = [...files.map(holdOfFile), ...snapshot.mappings.map(holdOfMapping).filter(hold => hold !== null)];
    return Array.from(groupBy(holds, fileId))
      .filter(([, group]) => isChannel(group))
      .map(([id, group]) => channelOf(snapshot, id, group));
  },
};

const holdOfFile = ({pid, fd, mode, path, device, inode}: OpenFile): Hold => ({pid, fd, mode, path, device, inode});

function holdOfMapping({pid, access, path, device, inode}: SharedMapping): Hold | null {
  const isMemory = WITHOUT_NAME.test(path) || !NOT_MEMORY.test(path);
  return isMemory && access !== null ? {pid, fd: null, mode: access, path, device, inode} : null;
}

/** Whether the holds form a channel. An ordinary file counts only if one process may write what another one sees. */
function isChannel(holds: readonly Hold[]): boolean {
  const [first] = holds;
  if (first === undefined || MEMORY_FILE.test(first.path) || WITHOUT_NAME.test(first.path)) return true;
  return new Set(holds.map(({pid}) => pid)).size > 1 && holds.some(({mode}) => mode !== 'r');
}

function channelOf(snapshot: Snapshot, id: string, all: readonly [Hold, ...Hold[]]): Channel {
  const hold = named(snapshot, all);
  const {path} = hold;
  const status = statusOf(snapshot, hold);
  return {
    kind: 'shm',
    id: `shm:[${id}]`,
    name: WITHOUT_NAME.test(path) ? null : withoutDeleted(path).replace(/^\/memfd:/, 'memfd:'),
    ends: endsOf(all),
    detail: {
      ...(status === null ? {} : {bytes: status.size}),
      ...(isDeleted(path) && path.startsWith(FOLDER) ? {deleted: true} : {}),
      ...semaphore(snapshot, hold, status),
    },
  };
}

/**
 * Returns the hold with the best name. sem_open(3) creates a semaphore under a temporary name, which its creator's
 * mapping keeps for ever: the inode leads to its real name.
 */
function named(snapshot: Snapshot, holds: readonly [Hold, ...Hold[]]): Hold {
  const known = holds.find(({path}) => !isDeleted(path));
  const [first] = holds;
  if (known !== undefined || !first.path.startsWith(SEMAPHORE)) return known ?? first;
  const folder = join(snapshot.root, String(first.pid), 'root', FOLDER);
  try {
    const name = readdirSync(folder).find(
      entry => entry.startsWith('sem.') && statSync(join(folder, entry), {throwIfNoEntry: false})?.ino === first.inode,
    );
    return name === undefined ? first : {...first, path: FOLDER + name};
  } catch {
    return first;
  }
}

/** Returns the ends: for each process its descriptors, or, without any, a single end for all its mappings. */
function endsOf(holds: readonly Hold[]): End[] {
  const ends: End[] = [];
  for (const [, own] of groupBy(holds, ({pid}) => String(pid))) {
    const byFd = own.filter(({fd}) => fd !== null);
    const writes = own.some(({mode}) => mode !== 'r');
    if (byFd.length > 0) ends.push(...byFd.map(({pid, fd, mode}) => ({pid, fd, mode})));
    else ends.push({pid: own[0].pid, fd: null, mode: writes ? 'rw' : 'r'});
  }
  return ends;
}

/** Returns the path of the file as its holder sees it: the name may mean another file here, which the inode shows. */
const pathOf = (snapshot: Snapshot, {pid, fd, path}: Hold): string =>
  fd === null ? join(snapshot.root, String(pid), 'root', path) : join(snapshot.root, String(pid), 'fd', String(fd));

function statusOf(snapshot: Snapshot, hold: Hold): Stats | null {
  try {
    const status = statSync(pathOf(snapshot, hold));
    return status.ino === hold.inode ? status : null;
  } catch {
    return null;
  }
}

/** `sem_t` of glibc on 64 bits: the value, and the number of waiters (nptl/internaltypes.h). */
function semaphore(
  snapshot: Snapshot,
  hold: Hold,
  status: Stats | null,
): {semaphore?: {value: number; waiters: number}} {
  if (!hold.path.startsWith(SEMAPHORE) || status?.size !== 32) return {};
  try {
    const bytes = readFileSync(pathOf(snapshot, hold));
    return {semaphore: {value: bytes.readUInt32LE(0), waiters: bytes.readUInt32LE(4)}};
  } catch {
    return {};
  }
}
