/** The fleet file as plain data with places, the input of the schema for YAML and other formats. Aliases are shared. */

export interface ScalarNode {
  readonly kind: 'scalar';
  /** Offset of the value in the text, in UTF-16 units. */
  readonly at: number;
  /** The source text without quotes: `0x1F` and `027` stay unchanged. */
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
 * `weight` counts the values in a node with every alias expanded, and `length` the UTF-16 units of all its keys and
 * scalars: the cost of reading the node and of keeping the result.
 */
export type Node = ScalarNode | ListNode | MapNode;

export interface Entry {
  readonly key: string;
  readonly keyAt: number;
  readonly value: Node;
}

/** Returns the entry of a key, or undefined if the node is not a map or lacks the key. */
export function entryOf(node: Node | undefined, key: string): Entry | undefined {
  return node?.kind === 'map' ? node.entries.find(entry => entry.key === key) : undefined;
}

/** Returns all entries of a map, or none for any other node. */
export function entriesOf(node: Node | undefined): readonly Entry[] {
  return node?.kind === 'map' ? node.entries : [];
}

/** Returns the strings of a list with their places; skips other items. */
export function textsOf(node: Node | undefined): readonly ScalarNode[] {
  if (node?.kind !== 'list') return [];
  return node.items.filter(item => item.kind === 'scalar').filter(item => typeof item.value === 'string');
}

const LONGEST_QUOTE = 40;
/** A name has at most 63 letters, so valid names are shown in full. */
const LONGEST_LABEL = 80;

/** Shortens a key for messages. Done before the message is composed: one key may occur in thousands of messages. */
export function keyLabel(key: string): string {
  return key.length > LONGEST_LABEL ? `${key.slice(0, LONGEST_LABEL - 1)}…` : key;
}

/** Quotes text for a message: shortened, control characters escaped. */
export function quote(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE - 1)}…` : text;
  return JSON.stringify(short);
}

/** Describes a node in words that follow "found". */
export function describe(node: Node): string {
  if (node.kind === 'list') return node.items.length === 0 ? 'an empty list' : 'a list';
  if (node.kind === 'map') return node.entries.length === 0 ? 'an empty map' : 'a map';
  if (node.value === null) return 'nothing';
  if (typeof node.value === 'string') return quote(node.value);
  return node.text.length > LONGEST_QUOTE ? `${node.text.slice(0, LONGEST_QUOTE - 1)}…` : node.text;
}
