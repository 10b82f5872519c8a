import type {Node as YamlNode, Pair, ParsedNode, YAMLMap} from 'yaml';
import type {Report} from './report.ts';
import {describe, quote, type Entry, type Node, type ScalarNode} from './tree.ts';

type Yaml = typeof import('yaml');

/** More values than any fleet has; aliases of aliases of aliases reach this in a few lines. */
export const MOST_VALUES = 300_000;
/**
 * Maximum UTF-16 units of all expanded aliases: an alias is two letters, and its target may be as long as the file. The
 * results of a file (words, a specification, its JSON, a table) are several times as large.
 */
export const MOST_ALIASED = 4 * 2 ** 20;

/**
 * Turns a YAML document into a tree with places: replaces aliases by their nodes and merge keys (`<<`) by their
 * entries, and reports duplicate keys.
 */
export function composeTree(root: ParsedNode, yaml: Yaml, report: Report): Node | undefined {
  const composer = new TreeComposer(yaml, report);
  const node = composer.node(root, 0);
  if (composer.exhausted) return undefined;
  if (node.weight <= MOST_VALUES) return node;
  report.error(node.at, `the file contains more than ${MOST_VALUES} values`);
  return undefined;
}

class TreeComposer {
  readonly #yaml: Yaml;
  readonly #report: Report;
  /** The node of each anchor; null while the node is still being read. */
  readonly #anchors = new Map<string, Node | null>();
  #merged = 0;
  #aliased = 0;
  exhausted = false;

  constructor(yaml: Yaml, report: Report) {
    this.#yaml = yaml;
    this.#report = report;
  }

  /** @param fallbackAt - the reported place of an empty value: its key */
  node(from: YamlNode | null, fallbackAt: number): Node {
    const at = from?.range?.[0] ?? fallbackAt;
    if (from === null) return nothing(fallbackAt);
    if (this.#yaml.isAlias(from)) return this.#alias(from.source, at);
    const anchor = from.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, null);
    const node = this.#read(from, at, fallbackAt);
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    return node;
  }

  #read(from: YamlNode, at: number, fallbackAt: number): Node {
    if (this.#yaml.isMap(from)) return this.#map(from, at);
    if (this.#yaml.isSeq(from)) {
      const items = from.items.map(item => this.node(this.#yaml.isNode(item) ? item : null, at));
      return {kind: 'list', at, items, weight: total(items), length: lengthOf(items)};
    }
    if (!this.#yaml.isScalar(from)) return nothing(fallbackAt);
    const {value} = from;
    if (value === null) return nothing(from.source ? at : fallbackAt);
    if (typeof value === 'string') return scalar(at, value, value);
    if (typeof value === 'number' || typeof value === 'boolean') return scalar(at, from.source ?? String(value), value);
    this.#report.error(at, 'YAML: unsupported type of value');
    return nothing(at);
  }

  #alias(source: string, at: number): Node {
    const node = this.#anchors.get(source);
    if (node === undefined) this.#report.error(at, `no anchor &${source.slice(0, 40)} before this alias`);
    else if (node === null) this.#report.error(at, `alias *${source.slice(0, 40)} is inside its own anchor`);
    else if (node.weight > MOST_VALUES) this.#exhaust(at, VALUES);
    else {
      this.#aliased += node.length;
      if (this.#aliased <= MOST_ALIASED) return node;
      this.#exhaust(
        at,
        `${MOST_ALIASED / 2 ** 20} MiB of text: *${source.slice(0, 40)} expands to ${node.length} characters`,
      );
    }
    return nothing(at);
  }

  #map(from: YAMLMap, at: number): Node {
    const own = new Map<string, Entry>();
    const merges: {readonly node: Node; readonly at: number}[] = [];
    for (const pair of from.items) {
      const key = this.#key(pair, at);
      if (key === undefined) continue;
      const value = this.node(this.#yaml.isNode(pair.value) ? pair.value : null, key.at);
      if (key.merge) {
        merges.push({node: value, at: value.at});
        continue;
      }
      const before = own.get(key.text);
      if (before === undefined) own.set(key.text, {key: key.text, keyAt: key.at, value});
      else
        this.#report.error(
          key.at,
          `duplicate key ${quote(key.text)}: first on line ${this.#report.line(before.keyAt)}`,
        );
    }
    for (const merge of merges) this.#merge(own, merge.node, merge.at);
    const entries = [...own.values()];
    const values = entries.map(entry => entry.value);
    const keys = entries.reduce((sum, entry) => sum + entry.key.length, 0);
    return {kind: 'map', at, entries, weight: total(values), length: keys + lengthOf(values)};
  }

  #key(pair: Pair, at: number): {readonly text: string; readonly at: number; readonly merge: boolean} | undefined {
    const key = this.#yaml.isAlias(pair.key) ? this.node(pair.key, at) : pair.key;
    const keyAt = this.#yaml.isNode(pair.key) ? (pair.key.range?.[0] ?? at) : at;
    if (this.#yaml.isScalar(key)) {
      if (key.anchor !== undefined) this.#anchors.set(key.anchor, this.#read(key, keyAt, keyAt));
      const text = typeof key.value === 'string' ? key.value : (key.source ?? '');
      const merge = text === '<<' && key.type === 'PLAIN';
      if (text !== '') return {text, at: keyAt, merge};
    } else if (typeof key === 'object' && key !== null && 'kind' in key && key.kind === 'scalar' && 'text' in key) {
      if (typeof key.text === 'string' && key.text !== '') return {text: key.text, at: keyAt, merge: false};
    }
    this.#report.error(keyAt, 'expected a word as the key, as in `key: value`');
    return undefined;
  }

  /**
   * Follows the specification of the merge key: a map's own entries take precedence, then the merged maps in their
   * order.
   */
  #merge(own: Map<string, Entry>, node: Node, at: number): void {
    if (this.exhausted) return;
    if (node.kind === 'list') {
      for (const item of node.items) {
        if (item.kind === 'list') this.#report.error(item.at, '<<: expected maps such as *name, found a list');
        else this.#merge(own, item, at);
      }
      return;
    }
    if (node.kind === 'scalar') {
      this.#report.error(at, `<<: expected a map such as *name (or a list of them), found ${describe(node)}`);
      return;
    }
    this.#merged += node.entries.length;
    if (this.#merged > MOST_VALUES) {
      this.#exhaust(at, VALUES);
      return;
    }
    for (const entry of node.entries) if (!own.has(entry.key)) own.set(entry.key, entry);
  }

  #exhaust(at: number, what: string): void {
    if (!this.exhausted) this.#report.error(at, `aliases expand this file to more than ${what}`);
    this.exhausted = true;
  }
}

const VALUES = `${MOST_VALUES} values`;

function scalar(at: number, text: string, value: ScalarNode['value']): ScalarNode {
  return {kind: 'scalar', at, text, value, weight: 1, length: text.length};
}

function nothing(at: number): Node {
  return scalar(at, '', null);
}

function total(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + node.weight, 1);
}

function lengthOf(nodes: readonly Node[]): number {
  return nodes.reduce((sum, node) => sum + node.length, 0);
}
