/**
 * Keeps the files of listening sockets while this keeper lives. A bound socket can get no second name, so if its file
 * was removed, another socket takes its place; workers get the new one only by a restart.
 */
import {errorCode} from '../../base/errors.ts';
import {closeSync} from 'node:fs';
import {bindSocket} from './bind-socket.ts';
import {boundFile} from '../../posix/netlink.ts';
import {onSocketThread} from '../../posix/socket-threads.ts';
import {fileAt, isDeadSocket, isSameFile, removeOwn, type FileId} from '../../posix/stale-socket.ts';

export interface HeldSocket {
  readonly fd: number;
  /** Name of the channel; null: not known (yet). */
  name: string | null;
  /** The socket's file; null if not known for certain: then nothing is removed while any process listens there. */
  file: FileId | null;
  /** The file found at the path, taken for the socket's file. */
  seen: FileId | null;
}

export interface SocketCareHost {
  /** Returns the tokens of the living runs that have inherited the socket. */
  readonly holdersOf: (address: string) => readonly string[];
  /** Reports runs that hold a socket that no client reaches. */
  readonly outdated: (tokens: readonly string[]) => void;
  readonly repaired: (message: string) => void;
  /** Reports a channel that can't be restored: no client reaches its workers. */
  readonly lost: (channel: string, message: string) => void;
  /** Reports that another socket listens at the address now. */
  readonly renewed: (address: string, tokens: readonly string[]) => void;
}

/** Converts a device number of stat(2) to the kernel's own. */
const kernelDevice = (dev: bigint): number => {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return Number(((major << 20n) | (minor & 0xfffffn)) & 0xffffffffn);
};

export class SocketCare {
  readonly #host: SocketCareHost;
  readonly #looking = new Set<string>();
  /** The last problem that was reported, by address: reported again only when it changes. */
  readonly #said = new Map<string, string>();

  constructor(host: SocketCareHost) {
    this.#host = host;
  }

  /** Checks the path on a thread, and binds a new socket if the file is gone. */
  repairName(address: string, held: HeldSocket, open: Map<string, HeldSocket>): void {
    if (this.#looking.has(address)) return;
    this.#looking.add(address);
    const isHeld = (): boolean => open.get(address) === held;
    void this.#repairName(address, held, isHeld, open).finally(() => this.#looking.delete(address));
  }

  async #repairName(
    address: string,
    held: HeldSocket,
    isHeld: () => boolean,
    open: Map<string, HeldSocket>,
  ): Promise<void> {
    const grant = {kind: 'socket', name: held.name ?? address, address} as const;
    try {
      if (await onSocketThread(address, () => isThere(address, held))) {
        this.#said.delete(address);
        return;
      }
      if (!isHeld()) return;
      const {fd, file} = await onSocketThread(address, () => bindSocket(grant));
      if (!isHeld()) {
        closeSync(fd);
        await onSocketThread(address, () => removeOwn(address, file));
        return;
      }
      open.set(address, {fd, name: held.name, file, seen: null});
      // Workers that have the old socket keep it, with the connections that wait in it.
      closeSync(held.fd);
      this.#said.delete(address);
      this.#renewed(grant, this.#host.holdersOf(address));
    } catch (error) {
      const message = error instanceof Error ? error.message : errorCode(error);
      if (!isHeld() || this.#said.get(address) === message) return;
      this.#said.set(address, message);
      this.#host.lost(grant.name, message);
    }
  }

  #renewed({name, address}: {readonly name: string; readonly address: string}, tokens: readonly string[]): void {
    const then = tokens.length === 0 ? '' : '; workers that hold the old one are restarted one by one';
    this.#host.repaired(`${address} of channel ${name} was removed: another socket listens there now${then}`);
    this.#host.renewed(address, tokens);
  }
}

/** Returns whether the file at the path is that of the socket, as far as the kernel shows it. */
async function isThere(address: string, held: HeldSocket): Promise<boolean> {
  const is = await fileAt(address);
  if (is === null) return false;
  const known = held.file ?? held.seen;
  if (known !== null) return isSameFile(known, is);
  if (!is.isSocket()) return false;
  const own = boundFile(held.fd);
  const {dev, ino} = is;
  if (own !== null && own.ino === Number(ino & 0xffffffffn) && own.dev === kernelDevice(dev)) {
    held.file = {dev, ino};
    return true;
  }
  // The kernel does not report the file, or uses numbers of its own (layers of an overlay). A dead socket has no
  // listener, so it is not the held one.
  if (await isDeadSocket(address)) return false;
  held.seen = {dev, ino};
  return true;
}
