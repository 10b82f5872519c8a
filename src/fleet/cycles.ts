import {keyLabel} from './syntax/tree.ts';

/** References by name. Unknown names are ignored. */
export type Arrows = ReadonlyMap<string, readonly string[]>;

/**
 * Returns the rings in a graph, each as the names along it, starting with the name that comes first in the map. Rings
 * that share a name with a ring found before are omitted: fixing that one may remove them.
 */
export function findRings(arrows: Arrows): readonly (readonly string[])[] {
  const rings: (readonly string[])[] = [];
  const order = new Map([...arrows.keys()].map((name, index) => [name, index]));
  const done = new Set<string>();
  for (const start of arrows.keys()) {
    // Iterative, not recursive: a chain may be ten thousand long.
    const path: {readonly name: string; next: number}[] = [];
    const onPath = new Map<string, number>();
    const found = new Stretches();
    const enter = (name: string) => {
      onPath.set(name, path.length);
      path.push({name, next: 0});
    };
    if (!done.has(start)) enter(start);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = arrows.get(top.name)?.[top.next];
      top.next += 1;
      if (target === undefined) {
        done.add(top.name);
        onPath.delete(top.name);
        path.pop();
        found.left(path.length);
        continue;
      }
      const begun = onPath.get(target);
      if (begun !== undefined) {
        // Only reported rings are copied: each arrow may close a ring as long as the path.
        if (found.last < begun) {
          rings.push(
            fromFirst(
              path.slice(begun).map(({name}) => name),
              order,
            ),
          );
        }
        found.add(begun, path.length - 1);
      } else if (arrows.has(target) && !done.has(target)) enter(target);
    }
  }
  return rings;
}

/** The places of a path that lie in rings, as stretches that end at or before the end of the path. */
class Stretches {
  /** Sorted by their ends. */
  readonly #all: {from: number; to: number}[] = [];

  /** The last place in a stretch, or -1. */
  get last(): number {
    return this.#all.at(-1)?.to ?? -1;
  }

  /** @param to - the end of the path */
  add(from: number, to: number): void {
    const last = this.#all.at(-1);
    if (last?.to === to) last.from = Math.min(last.from, from);
    else this.#all.push({from, to});
  }

  /** Shortens the path: it now ends before this place. */
  left(place: number): void {
    const last = this.#all.at(-1);
    if (last?.to !== place) return;
    this.#all.pop();
    if (last.from < place) this.add(last.from, place - 1);
  }
}

function fromFirst(ring: readonly string[], order: ReadonlyMap<string, number>): readonly string[] {
  const ranks = ring.map(name => order.get(name) ?? 0);
  const first = ranks.reduce((least, rank, at) => (rank < (ranks[least] ?? 0) ? at : least), 0);
  return [...ring.slice(first), ...ring.slice(0, first)];
}

/** Formats a ring as `alder -> birch -> alder`; shortens a long ring in its middle. */
export function showRing(ring: readonly string[]): string {
  const shown = ring.length > 12 ? [...ring.slice(0, 6), '…', ...ring.slice(-5)] : ring;
  return [...shown, ring[0] ?? ''].map(keyLabel).join(' -> ');
}
