/**
 * One watched path, with everything in it. chokidar (inotify(7)) reports changes inside; a look at intervals detects
 * that the path itself appears, vanishes or is replaced, which no event reports.
 */
import {errorCode} from '../../base/errors.ts';
import type {FSWatcher} from 'chokidar';
import {lookAtRoot, type RootFound} from './root-look.ts';
import {mayWait} from '../../process/waiting-mounts.ts';

export interface RootWatchOptions {
  readonly root: string;
  readonly isIgnored: (path: string) => boolean;
  /** Whether the targets of symbolic links in it are watched, too. */
  readonly followLinks: boolean;
  readonly changed: (path: string) => void;
  /** Called for something in it that can't be watched. */
  readonly failed: (code: string, path: string) => void;
}

/** A path that has vanished may be in the middle of being replaced. */
const SOON_MS = 100;

export class RootWatch {
  readonly #options: RootWatchOptions;
  #watcher: FSWatcher | null = null;
  /** Identity of what is watched; null if there is nothing. */
  #identity: string | null = null;
  #trouble: string | null = null;
  #isFirst = true;
  /** Whether a look is under way. */
  #isLooking = false;
  #isReady = false;
  #isClosed = false;

  constructor(options: RootWatchOptions) {
    this.#options = options;
  }

  /** Whether everything found is watched, as far as it can be. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What was wrong with the path at the last look, in words that follow it. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Checks whether the path is still the one that is watched. */
  checkRoot(): void {
    if (this.#isClosed || this.#isLooking) return;
    this.#checkRoot(identity => {
      if (!this.#isClosed) this.#found(identity);
    });
  }

  #checkRoot(done: (identity: RootFound['identity']) => void): void {
    const {root, isIgnored} = this.#options;
    this.#isLooking = true;
    void lookAtRoot(root, isIgnored).then(({identity, trouble}) => {
      this.#isLooking = false;
      this.#trouble = trouble;
      done(identity);
    });
  }

  #found(identity: string | null): void {
    if (identity === this.#identity && !this.#isFirst) return;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#identity = identity;
    this.#drop();
    if (identity !== null) void this.#watch(identity, isFirst);
    else if (!isFirst) this.#vanished();
  }

  /** Watches everything anew, without a report of a change. */
  again(): void {
    this.#isFirst = true;
    this.checkRoot();
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  #drop(): void {
    void this.#watcher?.close();
    this.#watcher = null;
    this.#isReady = false;
  }

  async #watch(identity: string, isFirst: boolean): Promise<void> {
    // Imported on demand: fleets that watch nothing need not have it in memory.
    const {watch} = await import('chokidar');
    if (this.#isClosed || this.#identity !== identity) return;
    const {root, isIgnored, followLinks, changed, failed} = this.#options;
    const watcher = watch(root, {
      ignoreInitial: true,
      followSymlinks: followLinks,
      // Links may lead to such a file system, and one may have been mounted since.
      ignored: path => isIgnored(path) || mayWait(path),
    });
    this.#watcher = watcher;
    watcher.on('all', (event, path) => {
      // A link that is not followed is reported although it was there from the start.
      if (this.#watcher === watcher && (followLinks || this.#isReady)) this.#handleEvent(event, path);
    });
    watcher.on('error', error => {
      const code = errorCode(error, 'unknown');
      failed(code, error instanceof Error && 'path' in error ? String(error.path) : root);
    });
    watcher.on('ready', () => {
      if (this.#watcher !== watcher) return;
      this.#isReady = true;
      // The path did not exist before, or was another one.
      if (!isFirst) changed(root);
    });
  }

  #handleEvent(event: string, path: string): void {
    const {root, changed} = this.#options;
    if (path === root) {
      if (event === 'unlink' || event === 'unlinkDir') {
        this.#identity = null;
        this.#drop();
        this.#vanished();
        return;
      }
      // An editor has replaced the file, which chokidar has already noticed.
      this.#checkRoot(identity => (this.#identity = identity));
    }
    // A folder alone does not matter; the files in it are reported one by one.
    if (event !== 'addDir' && event !== 'unlinkDir') changed(path);
  }

  #vanished(): void {
    this.#options.changed(this.#options.root);
    setTimeout(() => this.checkRoot(), SOON_MS);
  }
}
