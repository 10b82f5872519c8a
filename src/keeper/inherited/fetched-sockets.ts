/**
 * Which of the workers that an earlier keeper has started hold the newest socket of a channel. One whose file was removed got a
 * successor at the same path, and workers that were not restarted since then listen where nobody comes.
 */
import {boundFile} from '../../posix/netlink.ts';

/** A run that lives. */
export interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly startedAt: number | null;
}

type File = NonNullable<ReturnType<typeof boundFile>>;

const isSame = (a: File, b: File): boolean => a.dev === b.dev && a.ino === b.ino;

export class FetchedSockets {
  /** By address: the file of what each holds, where the kernel tells it. */
  readonly #files = new Map<string, Map<string, File>>();
  /** By address: when the run was started whose socket was taken. */
  readonly #takenFrom = new Map<string, number>();

  /**
   * Notes what a run holds, and answers whether that is to be taken.
   *
   * @param isHeld there is one already: of another run, or of this process's earlier image
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

  /** The runs that hold another one than this process does; each is told once. */
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

  /** All that hold one are told otherwise. */
  forget(address: string): void {
    this.#files.delete(address);
  }
}
