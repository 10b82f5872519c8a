/** Which processes the tree shows, in which order, with the lines from parents to children. */
import type {App} from '../app.ts';

export class TreeRows {
  readonly #app: App;
  readonly #folded = new Set<string>();
  readonly #strokes = new Map<number, string>();
  /** A tree is wanted; a list otherwise. */
  wanted = true;
  /** It can be one at the moment. */
  asTree = true;

  constructor(app: App) {
    this.#app = app;
  }

  rows(): readonly number[] {
    const {world} = this.#app;
    const {snapshot} = world;
    this.#strokes.clear();
    const roots = this.#roots();
    const found: number[] = [];
    if (!this.asTree) {
      for (const root of roots) for (const row of this.below(root)) if (this.#isShown(row)) found.push(row);
      return found.sort((a, b) => (snapshot.rows.pid[a] ?? 0) - (snapshot.rows.pid[b] ?? 0));
    }
    for (const root of roots) this.#visit(root, '', '', found);
    return found;
  }

  stroke(row: number): string {
    return this.#strokes.get(row) ?? '';
  }

  /** ` (+3)` where some below it are not shown. */
  foldedWords(row: number): string {
    const hidden = this.#isFolded(row) ? this.#app.world.snapshot.forest.size(row) - 1 : 0;
    return hidden > 0 ? `  (+${hidden})` : '';
  }

  /** Of a folded one the sum of all that it hides. */
  cpu(row: number): number | undefined {
    const {rows, forest} = this.#app.world.snapshot;
    return this.#isFolded(row) ? forest.sum(rows.cpuPercent, row) : rows.cpuPercent[row];
  }

  memory(row: number): number | undefined {
    const {rows, forest} = this.#app.world.snapshot;
    return this.#isFolded(row) ? forest.sum(rows.rssBytes, row) : rows.rssBytes[row];
  }

  /** A process and all below it. */
  *below(row: number): Generator<number> {
    const {forest} = this.#app.world.snapshot;
    const from = forest.place(row);
    for (let n = from; n < from + forest.size(row); n++) yield forest.at(n);
  }

  fold(row: number): void {
    if (this.#app.world.snapshot.forest.size(row) > 1) this.#folded.add(this.#app.world.keyOf(row));
  }

  unfold(row: number): void {
    this.#folded.delete(this.#app.world.keyOf(row));
  }

  /** Folds all that have children, or unfolds all. */
  toggleAll(): void {
    if (this.#folded.size > 0) {
      this.#folded.clear();
      return;
    }
    for (const root of this.#roots()) for (const row of this.below(root)) if (row !== root) this.fold(row);
  }

  #isFolded(row: number): boolean {
    return this.asTree && this.#folded.has(this.#app.world.keyOf(row));
  }

  #isShown(row: number): boolean {
    return !this.#app.world.snapshot.isKernelThread(row);
  }

  /** Of the fleet: the keeper, and what hangs elsewhere. */
  #roots(): readonly number[] {
    const {world, all} = this.#app;
    const {forest, rows} = world.snapshot;
    if (all || !world.fleet?.lineage) return [...forest.roots()];
    const {keeper, processes} = world.fleet.lineage;
    const roots: number[] = [];
    const covered = new Set<number>();
    const take = (pid: number): void => {
      const row = rows.find(pid);
      if (row < 0 || covered.has(row)) return;
      roots.push(row);
      for (const below of this.below(row)) covered.add(below);
    };
    take(keeper);
    for (const {pid, startTime} of processes) {
      const row = rows.find(pid);
      if (row >= 0 && String(rows.startTime[row]) === startTime) take(pid);
    }
    return roots;
  }

  #visit(row: number, own: string, before: string, found: number[]): void {
    if (!this.#isShown(row)) return;
    const {glyphs, world} = this.#app;
    const {forest} = world.snapshot;
    const folded = this.#isFolded(row);
    this.#strokes.set(row, own + (folded ? glyphs.folded : ''));
    found.push(row);
    if (folded) return;
    const children = [...forest.children(row)].filter(child => this.#isShown(child));
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      this.#visit(
        child,
        before + (isLast ? glyphs.last : glyphs.branch),
        before + (isLast ? '   ' : glyphs.pass),
        found,
      );
    }
  }
}
