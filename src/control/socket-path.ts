/**
 * The address of a unix socket holds 107 bytes and a NUL (unix(7), `sun_path`), and Node 20 silently truncates a longer
 * path and would bind somewhere else. If a path is too long, the folder is opened, and the socket is reached through
 * the open descriptor (`/proc/self/fd/N/name`) or, without /proc, through a short path made from a hash.
 */
import {createHash} from 'node:crypto';
import {closeSync, constants, existsSync, lstatSync, mkdirSync, openSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';

/** Maximum bytes of a socket path: 107 on Linux, 103 elsewhere. */
export const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export interface SocketAddress {
  /** Short enough for bind(2) and connect(2); valid until `release`. */
  readonly path: string;
  /** Closes the open folder, if there is one. */
  release(): void;
}

const nothing = (): void => undefined;

/**
 * Returns an address for the socket at `path`, which may have any length.
 *
 * @throws if the folder is missing, or the private folder under the temporary folder belongs to another user.
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

/**
 * Creates a folder under the temporary one for this user alone, and checks its owner and mode even if it existed
 * before.
 */
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
