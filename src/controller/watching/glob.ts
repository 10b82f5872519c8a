/**
 * Patterns of file names: `?` is one character of a name, `*` any number of them, `**` also crosses folders, and a
 * folder called `**` is any number of folders, or none at all. Time is linear in the path for each part of a pattern,
 * whatever names a worker makes: all positions in the pattern that the path so far can reach are kept, and none is
 * tried again.
 */

type Part =
  | {readonly kind: 'text'; readonly character: string}
  /** One character of a name. */
  | {readonly kind: 'one'}
  /** Any number of characters of a name, or of a path. */
  | {readonly kind: 'name'}
  | {readonly kind: 'path'}
  /** The next part may be left out: the folders of a pattern that crosses them. */
  | {readonly kind: 'maybe'}
  /** Folders, including the slash after them. */
  | {readonly kind: 'folders'};

function partsOf(pattern: string): readonly Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern.charAt(i);
    if (character === '?') parts.push({kind: 'one'});
    else if (character !== '*') parts.push({kind: 'text', character});
    else if (pattern[i + 1] !== '*') parts.push({kind: 'name'});
    else if (pattern[i + 2] === '/') {
      parts.push({kind: 'maybe'}, {kind: 'folders'});
      i += 2;
    } else {
      parts.push({kind: 'path'});
      i++;
    }
  }
  return parts;
}

/** @param below whether a path that continues after a slash matches, too */
export function globMatcher(pattern: string, below: boolean): (path: string) => boolean {
  const parts = partsOf(pattern);
  const end = parts.length;
  return path => {
    let places = reach(parts, new Set([0]));
    for (let i = 0; i < path.length; i++) {
      const character = path.charAt(i);
      if (below && character === '/' && places.has(end)) return true;
      const next = new Set<number>();
      for (const place of places) {
        const part = parts[place];
        if (part === undefined) continue;
        if (staysAt(part, character)) next.add(place);
        if (goesBehind(part, character)) next.add(place + 1);
      }
      places = reach(parts, next);
      if (places.size === 0) return false;
    }
    return places.has(end);
  };
}

function staysAt({kind}: Part, character: string): boolean {
  return kind === 'path' || kind === 'folders' || (kind === 'name' && character !== '/');
}

function goesBehind(part: Part, character: string): boolean {
  switch (part.kind) {
    case 'text':
      return part.character === character;
    case 'one':
      return character !== '/';
    case 'folders':
      return character === '/';
    case 'name':
    case 'path':
    case 'maybe':
      return false;
  }
}

/** Adds the positions that are reached without a character. */
function reach(parts: readonly Part[], places: Set<number>): ReadonlySet<number> {
  // The iteration of a set includes what is added to it meanwhile.
  for (const place of places) {
    const kind = parts[place]?.kind;
    if (kind === 'name' || kind === 'path' || kind === 'maybe') places.add(place + 1);
    if (kind === 'maybe') places.add(place + 2);
  }
  return places;
}
