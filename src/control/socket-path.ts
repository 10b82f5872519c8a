/**
 * A unix socket's address holds 107 bytes and a NUL (unix(7), `sun_path`), and Node 20 cuts a longer one silently: it
 * would bind somewhere else. Where a path is too long, the folder is opened, and the socket reached through the open
 * descriptor (`/proc/self/fd/N/name`); where there is no such way, through a short path made from a hash.
 */
import {createHash} from 'node:crypto';
import {closeSync, constants, existsSync, lstatSync, mkdirSync, openSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';

/** Bytes of a path that every kernel takes: 107 on Linux, 103 elsewhere. */
export const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export interface SocketAddress {
  /** Short enough for bind(2) and connect(2), while the address is not released. */
  readonly path: string;
  /** Gives back the open folder, if there is one. */
  release(): void;
}

const nothing = (): void => undefined;

/**
 * An address for the socket at `path`, of any length.
 *
 * @throws if the folder is missing, or the stand-in folder under the temporary folder belongs to somebody else.
 */
export function socketAddress(path: string): SocketAddress {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return {path, release: nothing};
  if (process.platform === 'linux' && existsSync('/proc/self/fd')) return throughDescriptor(path);
  return {path: join(privateFolder(), shortName(path)), release: nothing};
}

function throughDescriptor(path: string): SocketAddress {
  const fd = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  let open = true;
  return {
    path: `/proc/self/fd/${fd}/${basename(path)}`,
    release() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

const shortName = (path: string): string => `${createHash('sha256').update(path).digest('hex').slice(0, 32)}.sock`;

/** A folder under the temporary one that is this user's alone; whoever made it first, it is checked. */
function privateFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `brood-${uid}`);
  mkdirSync(folder, {recursive: true, mode: 0o700});
  const is = lstatSync(folder);
  if (!is.isDirectory() || is.uid !== uid || (is.mode & 0o077) !== 0) {
    throw new Error(`${folder} is not a private folder of uid ${uid}; remove it, or set BROOD_HOME to a shorter path`);
  }
  return folder;
}
