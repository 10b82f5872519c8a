/** Selects and orders the processes of the tree, and draws the lines from parents to children. */
import type {Shell} from '../shell.ts';

export class TreeRows {
  readonly #app: Shell;
  readonly #folded = new Set<string>();
  #roots: ReadonlySet<number> = new Set();
  /** Cache of the last visible child of each parent. */
  readonly #lastChild = new Map<number, number>();
  /** Whether the user wants a tree instead of a list. */
  wanted = true;
  /** Returns whether the rows must be a list at the moment. */
  isListed: () => boolean = () => false;

  constructor(app: Shell) {
    this.#app = app;
  }

  get asTree(): boolean {
    return this.wanted && !this.isListed();
  }

  rows(): readonly number[] {
    const {snapshot} = this.#app.world;
    this.#lastChild.clear();
    this.#roots = this.#findRoots();
    const found: number[] = [];
    for (const root of this.#roots) this.#addSubtree(root, found);
    if (this.asTree) return found;
    return found.sort((a, b) => (snapshot.rows.pid[a] ?? 0) - (snapshot.rows.pid[b] ?? 0));
  }

  /** Returns the lines drawn before a process: its own, and those of ancestors with more children below. */
  stroke(row: number): string {
    const {asTree} = this;
    const {glyphs, world} = this.#app;
    const {forest} = world.snapshot;
    let stroke = this.#isFolded(row) ? glyphs.folded : '';
    for (let at = row; asTree && !this.#roots.has(at) && forest.parent(at) >= 0; at = forest.parent(at)) {
      const isLast = this.#lastOf(forest.parent(at)) === at;
      if (at === row) stroke = (isLast ? glyphs.last : glyphs.branch) + stroke;
      else stroke = (isLast ? '   ' : glyphs.pass) + stroke;
    }
    return stroke;
  }

  /** Returns ` (+3)` if descendants are hidden. */
  foldedWords(row: number): string {
    const hidden = this.#isFolded(row) ? this.#app.world.snapshot.forest.size(row) - 1 : 0;
    return hidden > 0 ? `  (+${hidden})` : '';
  }

  /** Returns the CPU percent; for a folded process, the sum of its subtree. */
  cpu(row: number): number | undefined {
    const {rows, forest} = this.#app.world.snapshot;
    return this.#isFolded(row) ? forest.sum(rows.cpuPercent, row) : rows.cpuPercent[row];
  }

  memory(row: number): number | undefined {
    const {rows, forest} = this.#app.world.snapshot;
    return this.#isFolded(row) ? forest.sum(rows.rssBytes, row) : rows.rssBytes[row];
  }

  /** Yields a process and all its descendants. */
  *below(row: number): Generator<number> {
    const {forest} = this.#app.world.snapshot;
    const from = forest.place(row);
    for (let n = from; n < from + forest.size(row); n++) yield forest.at(n);
  }

  /** Returns the parent of a process that folding may have hidden, or null if the process is gone or has no parent. */
  parentOf(key: string): string | null {
    const {world} = this.#app;
    const {rows, forest} = world.snapshot;
    const row = this.asTree ? rows.find(Number.parseInt(key, 10)) : -1;
    const parent = row >= 0 && world.keyOf(row) === key ? forest.parent(row) : -1;
    return parent < 0 ? null : world.keyOf(parent);
  }

  fold(row: number): void {
    if (this.#app.world.snapshot.forest.size(row) > 1) this.#folded.add(this.#app.world.keyOf(row));
  }

  unfold(row: number): void {
    this.#folded.delete(this.#app.world.keyOf(row));
  }

  /** Unfolds all; if none is folded, folds all processes with children, except the roots. */
  toggleAll(): void {
    if (this.#folded.size > 0) {
      this.#folded.clear();
      return;
    }
    for (const root of this.#findRoots()) for (const row of this.below(root)) if (row !== root) this.fold(row);
  }

  #isFolded(row: number): boolean {
    return this.#folded.size > 0 && this.asTree && this.#folded.has(this.#app.world.keyOf(row));
  }

  #isShown(row: number): boolean {
    return !this.#app.world.snapshot.isKernelThread(row);
  }

  /** Returns the root processes; for a fleet: the keeper, and fleet processes outside its subtree. */
  #findRoots(): ReadonlySet<number> {
    const {world, all} = this.#app;
    const {forest, rows} = world.snapshot;
    if (all || !world.fleet?.lineage) return new Set(forest.roots());
    const {keeper, processes} = world.fleet.lineage;
    const roots = new Set<number>();
    const covered = new Set<number>();
    const take = (pid: number): void => {
      const row = rows.find(pid);
      if (row < 0 || covered.has(row)) return;
      roots.add(row);
      for (const below of this.below(row)) covered.add(below);
    };
    take(keeper);
    for (const {pid, startTime} of processes) {
      const row = rows.find(pid);
      if (row >= 0 && String(rows.startTime[row]) === startTime) take(pid);
    }
    return roots;
  }

  /** Adds a root and its visible descendants, in the order of the forest, in which a subtree is contiguous. */
  #addSubtree(root: number, found: number[]): void {
    const {asTree} = this;
    const {forest} = this.#app.world.snapshot;
    const from = forest.place(root);
    const end = from + forest.size(root);
    for (let n = from; n < end; n++) {
      const row = forest.at(n);
      const isShown = this.#isShown(row);
      if (isShown) found.push(row);
      // In a tree, the descendants of a hidden process are hidden.
      if (asTree && (!isShown || this.#isFolded(row))) n += forest.size(row) - 1;
    }
  }

  #lastOf(parent: number): number {
    const known = this.#lastChild.get(parent);
    if (known !== undefined) return known;
    let last = -1;
    for (const child of this.#app.world.snapshot.forest.children(parent)) if (this.#isShown(child)) last = child;
    this.#lastChild.set(parent, last);
    return last;
  }
}
