/** The fleet file as plain data with places: what the schema reads, whether it came from YAML or not. Aliases are shared. */

export interface ScalarNode {
  readonly kind: 'scalar';
  /** Offset of the value in the text, in UTF-16 units. */
  readonly at: number;
  /** As written, without quotes: `0x1F` and `027` stay what they are. */
  readonly text: string;
  readonly value: string | number | boolean | null;
  readonly weight: number;
  readonly length: number;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly Node[];
  readonly weight: number;
  readonly length: number;
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: number;
  readonly entries: readonly Entry[];
  readonly weight: number;
  readonly length: number;
}

/**
 * `weight` counts the values in a node with every alias written out, and `length` the UTF-16 units of all keys and scalars in it:
 * what it costs to read it, and to keep what was read.
 */
export type Node = ScalarNode | ListNode | MapNode;

export interface Entry {
  readonly key: string;
  readonly keyAt: number;
  readonly value: Node;
}

/** The entry of a key, where the node is a map that has it. */
export function entryOf(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.find(entry => entry.key === key) : undefined;
}

/** All entries of a map; of anything else none. */
export function entriesOf(node: Node | undefined): readonly Entry[] {
  return node?.kind === 'map' ? node.entries : [];
}

/** The strings of a list with their places; what is no list or no string is left out. */
export function textsOf(node: Node | undefined): readonly ScalarNode[] {
  if (node?.kind !== 'list') return [];
  return node.items.filter(item => item.kind === 'scalar').filter(item => typeof item.value === 'string');
}

const LONGEST_QUOTE = 40;
/** A name has 63 letters at most: whatever is right is named in full. */
const LONGEST_LABEL = 80;

/** A key as messages name it. Cut before anything is put together with it: one key may stand in thousands of them. */
export function keyLabel(key: string): string {
  return key.length > LONGEST_LABEL ? `${key.slice(0, LONGEST_LABEL - 1)}…` : key;
}

/** Text for a message: quoted, shortened, control characters escaped. */
export function quote(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE - 1)}…` : text;
  return JSON.stringify(short);
}

/** What a node is, in words that follow "found". */
export function describe(node: Node): string {
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.kind === 'map') return node.entries.length === 0 ? 'an empty map' : 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return quote(node.value);
  return node.text.length > LONGEST_QUOTE ? `${node.text.slice(0, LONGEST_QUOTE - 1)}…` : node.text;
}
