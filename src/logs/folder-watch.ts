/** Reports the folders in which something was written: by inotify(7), and by polling where inotify is unavailable. */
import {watch, type FSWatcher} from 'node:fs';

/** Polling beside inotify: a watch can be lost without notice (a folder on a network, a queue that overflowed). */
const SAFETY_MS = 1000;
const POLL_MS = 200;

export class FolderWatch {
  readonly #watchers = new Map<string, FSWatcher | null>();
  readonly #changed = new Set<string>();
  readonly #matters: (name: string) => boolean;
  #wake = (): void => undefined;

  /**
   * @param matters which names in the folders count; default: all but time indexes, which are written beside each log.
   */
  constructor(matters = (name: string) => !name.endsWith('.idx')) {
    this.#matters = matters;
  }

  /** Watches one more folder, which counts as changed at first. */
  add(folder: string): void {
    if (this.#watchers.has(folder)) return;
    this.#watchers.set(folder, this.#open(folder));
    this.#changed.add(folder);
  }

  /**
   * Waits until a folder has changed, or until all folders are due for a check.
   *
   * @returns the folders to check.
   */
  async next(signal: AbortSignal): Promise<ReadonlySet<string>> {
    if (this.#changed.size === 0 && !signal.aborted) {
      const everythingWatched = this.#watchAgain();
      await new Promise<void>(resolve => {
        const timer = setTimeout(all, everythingWatched ? SAFETY_MS : POLL_MS, this);
        const done = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        };
        function all(self: FolderWatch): void {
          for (const folder of self.#watchers.keys()) self.#changed.add(folder);
          done();
        }
        this.#wake = done;
        signal.addEventListener('abort', done, {once: true});
      });
    }
    const changed = new Set(this.#changed);
    this.#changed.clear();
    return changed;
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher?.close();
    this.#watchers.clear();
  }

  /** Retries folders without a watch. Returns true if there were none. */
  #watchAgain(): boolean {
    let all = true;
    for (const [folder, watcher] of this.#watchers) {
      if (watcher !== null) continue;
      const opened = this.#open(folder);
      this.#watchers.set(folder, opened);
      if (opened) this.#changed.add(folder);
      else all = false;
    }
    return all && this.#changed.size === 0;
  }

  #open(folder: string): FSWatcher | null {
    try {
      const watcher = watch(folder, {persistent: true}, (_event, name) => {
        if (name !== null && !this.#matters(name)) return;
        this.#changed.add(folder);
        this.#wake();
      });
      watcher.on('error', () => this.#watchers.set(folder, null));
      return watcher;
    } catch {
      // ENOSPC: too many watches (inotify(7), max_user_watches); ENOENT: the folder does not exist yet.
      return null;
    }
  }
}
