/**
 * One watched path, with all that is in it. chokidar (inotify(7)) tells what changes there; that the path itself comes, goes,
 * or becomes another one, which nobody would tell, is found out by a look at it now and then.
 */
import {errorCode} from '../../base/errors.ts';
import type {FSWatcher} from 'chokidar';
import {lookAtRoot, type RootFound} from './root-look.ts';
import {mayWait} from '../../process/waiting-mounts.ts';

export interface RootWatchOptions {
  readonly root: string;
  readonly isIgnored: (path: string) => boolean;
  /** Whether what symbolic links in it lead to is watched, too. */
  readonly followLinks: boolean;
  readonly changed: (path: string) => void;
  /** Something in it can't be watched. */
  readonly failed: (code: string, path: string) => void;
}

/** One that has gone may be in the middle of being replaced. */
const SOON_MS = 100;

export class RootWatch {
  readonly #options: RootWatchOptions;
  #watcher: FSWatcher | null = null;
  /** Of what is watched; null: there is nothing. */
  #identity: string | null = null;
  #trouble: string | null = null;
  #isFirst = true;
  /** A look is under way. */
  #isLooking = false;
  #isReady = false;
  #isClosed = false;

  constructor(options: RootWatchOptions) {
    this.#options = options;
  }

  /** Whether all that it found is watched, as far as it can be. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** What was wrong with the path at the last look, in words that follow it. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Finds out whether the path is still the one that is watched. */
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

  /** Watches all of it anew, which is no change. */
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
    // Loaded when a fleet watches something: the others need not have it in memory.
    const {watch} = await import('chokidar');
    if (this.#isClosed || this.#identity !== identity) return;
    const {root, isIgnored, followLinks, changed, failed} = this.#options;
    const watcher = watch(root, {
      ignoreInitial: true,
      followSymlinks: followLinks,
      // Links may lead there, and what was mounted since.
      ignored: path => isIgnored(path) || mayWait(path),
    });
    this.#watcher = watcher;
    watcher.on('all', (event, path) => {
      // A link that is not followed is told although it was there from the start.
      if (this.#watcher === watcher && (followLinks || this.#isReady)) this.#handleEvent(event, path);
    });
    watcher.on('error', error => {
      const code = errorCode(error, 'unknown');
      failed(code, error instanceof Error && 'path' in error ? String(error.path) : root);
    });
    watcher.on('ready', () => {
      if (this.#watcher !== watcher) return;
      this.#isReady = true;
      // It was not there before, or was another one.
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
      // An editor has put another file in its place: chokidar has found that out by itself.
      this.#checkRoot(identity => (this.#identity = identity));
    }
    // A folder alone is nothing; the files in it are told one by one.
    if (event !== 'addDir' && event !== 'unlinkDir') changed(path);
  }

  #vanished(): void {
    this.#options.changed(this.#options.root);
    setTimeout(() => this.checkRoot(), SOON_MS);
  }
}
