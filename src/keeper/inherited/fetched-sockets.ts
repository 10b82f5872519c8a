/**
 * Finds the workers of an earlier keeper that hold the newest socket of a channel. A socket whose file was removed got
 * a successor at the same path, and workers that were not restarted since then listen where no client connects.
 */
import {boundFile} from '../../posix/netlink.ts';

/** A living run. */
export interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly startedAt: number | null;
}

type File = NonNullable<ReturnType<typeof boundFile>>;

const isSame = (a: File, b: File): boolean => a.dev === b.dev && a.ino === b.ino;

export class FetchedSockets {
  /** By address: the file of each run's socket, if the kernel reports it. */
  readonly #files = new Map<string, Map<string, File>>();
  /** By address: the start of the run whose socket was taken. */
  readonly #takenFrom = new Map<string, number>();

  /**
   * Notes the socket of a run. Returns whether it is to be taken.
   *
   * @param isHeld whether there is a socket already, from another run or from an earlier image of this process
   */
  isNewest(address: string, {token, startedAt}: Holder, fd: number, isHeld: boolean): boolean {
    const file = boundFile(fd);
    if (file !== null) {
      const files = this.#files.get(address) ?? new Map<string, File>();
      this.#files.set(address, files.set(token, file));
    }
    const taken = this.#takenFrom.get(address);
    if (isHeld && (taken === undefined || taken >= (startedAt ?? 0))) return false;
    this.#takenFrom.set(address, startedAt ?? 0);
    return true;
  }

  /** Returns the runs that hold another socket than this process does, each once. */
  outdated(held: ReadonlyMap<string, {readonly fd: number}>): string[] {
    const tokens: string[] = [];
    for (const [address, files] of this.#files) {
      const own = held.get(address);
      const file = own === undefined ? null : boundFile(own.fd);
      if (file !== null) for (const [token, one] of files) if (!isSame(file, one)) tokens.push(token);
    }
    this.#files.clear();
    return tokens;
  }

  /** Forgets the holders of an address, which are reported in another way. */
  forget(address: string): void {
    this.#files.delete(address);
  }
}
