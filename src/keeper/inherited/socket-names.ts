/**
 * The files of listening sockets, as they must be while this keeper lives. A bound socket can get no second name, so where its file
 * was removed, another socket takes its place; workers can't get that but by a restart.
 */
import {errorCode} from '../../base/errors.ts';
import {closeSync} from 'node:fs';
import {bindSocket} from './bind-socket.ts';
import {boundFile} from '../../posix/netlink.ts';
import {onSocketThread} from '../../posix/socket-threads.ts';
import {fileAt, isDeadSocket, isSameFile, removeOwn, type FileId} from '../../posix/stale-socket.ts';

export interface HeldSocket {
  readonly fd: number;
  /** The channel's; null: not known (yet). */
  name: string | null;
  /** Its file; null: not known for certain, so that nothing is removed while anybody listens there. */
  file: FileId | null;
  /** What was found at its path instead, and is taken for its file. */
  seen: FileId | null;
}

export interface SocketCareHost {
  /** Tokens of the runs that live and have inherited it. */
  readonly holdersOf: (address: string) => readonly string[];
  /** These hold a socket that is reached by nobody. */
  readonly outdated: (tokens: readonly string[]) => void;
  readonly repaired: (message: string) => void;
  /** It can't be put back: nobody reaches its workers. */
  readonly lost: (channel: string, message: string) => void;
  /** Another socket listens there now. */
  readonly renewed: (address: string, tokens: readonly string[]) => void;
}

/** The kernel's number for a device, from that which stat(2) gives. */
const kernelDevice = (dev: bigint): number => {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return Number(((major << 20n) | (minor & 0xfffffn)) & 0xffffffffn);
};

export class SocketCare {
  readonly #host: SocketCareHost;
  readonly #looking = new Set<string>();
  /** What was said last, by address: said again only when it changes. */
  readonly #said = new Map<string, string>();

  constructor(host: SocketCareHost) {
    this.#host = host;
  }

  /** Looks at the path on a thread, and binds anew what is gone. */
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
      // Workers that have it keep it, and what waits in it.
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
    const then = tokens.length === 0 ? '' : '; those that hold the old one are restarted, one after another';
    this.#host.repaired(`${address} of channel ${name} had been removed: another socket listens there now${then}`);
    this.#host.renewed(address, tokens);
  }
}

/** Whether what lies at the path is the file of that socket, as far as it can be told. */
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
  // The kernel does not tell, or by numbers of its own (layers of an overlay). Nobody listens at what is dead, so that is not it.
  if (await isDeadSocket(address)) return false;
  held.seen = {dev, ino};
  return true;
}
