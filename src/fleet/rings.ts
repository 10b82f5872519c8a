/** Who points at whom, by name. Names that are nobody's are passed over. */
export type Arrows = ReadonlyMap<string, readonly string[]>;

/**
 * The rings in a graph, each as the names along it, from the one that comes first in the map. Rings that share a name
 * with one that was found are left out: they may well be gone when that one is mended.
 */
export function findRings(arrows: Arrows): readonly (readonly string[])[] {
  const rings: (readonly string[])[] = [];
  const order = new Map([...arrows.keys()].map((name, index) => [name, index]));
  const done = new Set<string>();
  const inRing = new Set<string>();
  for (const start of arrows.keys()) {
    // By hand and not by recursion: a chain may be ten thousand long.
    const path: {readonly name: string; next: number}[] = [];
    const onPath = new Map<string, number>();
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
        continue;
      }
      const begun = onPath.get(target);
      if (begun !== undefined) {
        const ring = path.slice(begun).map(({name}) => name);
        if (!ring.some(name => inRing.has(name))) rings.push(fromFirst(ring, order));
        for (const name of ring) inRing.add(name);
      } else if (arrows.has(target) && !done.has(target)) enter(target);
    }
  }
  return rings;
}

function fromFirst(ring: readonly string[], order: ReadonlyMap<string, number>): readonly string[] {
  const ranks = ring.map(name => order.get(name) ?? 0);
  const first = ranks.reduce((least, rank, at) => (rank < (ranks[least] ?? 0) ? at : least), 0);
  return [...ring.slice(first), ...ring.slice(0, first)];
}

/** `alder -> birch -> alder`; a long ring is shortened in its middle. */
export function showRing(ring: readonly string[]): string {
  const shown = ring.length > 12 ? [...ring.slice(0, 6), '…', ...ring.slice(-5)] : ring;
  return [...shown, ring[0] ?? ''].join(' -> ');
}
