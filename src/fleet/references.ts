/**
 * Checks references between the parts of a fleet file. Works on the tree, so that it also reports where values are
 * wrong.
 */
import {ENDED_KINDS, LISTED_INHERITED} from './channels.ts';
import type {Context} from './check/check.ts';
import {adviser} from './values/nearest.ts';
import {variablePart} from './values/names.ts';
import {findRings, showRing} from './cycles.ts';
import {entriesOf, entryOf, keyLabel, textsOf, type Entry, type Node, type ScalarNode} from './syntax/tree.ts';

/** Checks everything that involves more than one entry. */
export function checkReferences(root: Node, context: Context): void {
  const parts = {
    workers: entriesOf(entryOf(root, 'workers')?.value),
    groups: entriesOf(entryOf(root, 'groups')?.value),
    channels: entriesOf(entryOf(root, 'channels')?.value),
  };
  checkNames(parts, context);
  checkDependencies(parts, context);
  checkGroups(parts, context);
  checkChannelUse(parts, context);
  checkEnds(parts, context);
  checkReadyDescriptors(parts, context);
}

interface Parts {
  readonly workers: readonly Entry[];
  readonly groups: readonly Entry[];
  readonly channels: readonly Entry[];
}

const keysOf = (entries: readonly Entry[]): readonly string[] => entries.map(({key}) => key);
/** A value repeated by an alias is one node, and one mistake. */
const listed = (entry: Entry, key: string): readonly ScalarNode[] => [
  ...new Set(textsOf(entryOf(entry.value, key)?.value)),
];

function checkNames({workers, groups, channels}: Parts, {report}: Context): void {
  const taken = new Set(keysOf(workers));
  for (const {key, keyAt} of groups) {
    if (taken.has(key)) report.error(keyAt, `${keyLabel(key)} is already a worker: rename the group`);
  }
  const variables = new Map<string, string>();
  for (const {key, keyAt} of channels) {
    const variable = variablePart(key);
    const other = variables.get(variable);
    if (other !== undefined) {
      const [one, two, shared] = [key, other, variable].map(keyLabel);
      report.error(keyAt, `${one} and ${two} would both use BROOD_FD_${shared}: rename one of them`);
    }
    variables.set(variable, key);
  }
}

/** A scheduled worker runs only now and then, so no other worker can wait for it. */
const isScheduled = ({value}: Entry): boolean => entryOf(value, 'schedule') !== undefined;

function checkDependencies({workers, groups}: Parts, {report}: Context): void {
  const names = keysOf(workers);
  const known = new Set(names);
  const meant = adviser(names);
  const scheduled = new Set(keysOf(workers.filter(isScheduled)));
  const groupNames = new Set(keysOf(groups));
  const arrows = new Map<string, readonly string[]>();
  for (const worker of workers) {
    const targets: string[] = [];
    for (const key of ['after', 'requires']) {
      for (const {text, at} of listed(worker, key)) {
        targets.push(text);
        if (scheduled.has(text)) {
          report.error(
            at,
            `${keyLabel(worker.key)}.${key}: ${keyLabel(text)} runs on a schedule, so no worker can wait for it: remove it`,
          );
        }
        if (known.has(text)) continue;
        const why = groupNames.has(text) ? 'is a group: list its workers instead' : `is not a worker: ${meant(text)}`;
        report.error(at, `${keyLabel(worker.key)}.${key}: ${keyLabel(text)} ${why}`);
      }
    }
    arrows.set(worker.key, targets);
  }
  const byName = new Map(workers.map(worker => [worker.key, worker]));
  for (const ring of findRings(arrows)) {
    const at = arrowAt(byName, ['after', 'requires'], ring);
    report.error(at, `cycle: ${showRing(ring)}: none of them can start first: remove one from after: or requires:`);
  }
}

/** Returns the place where the first name of a ring refers to the second. */
function arrowAt(entries: ReadonlyMap<string, Entry>, keys: readonly string[], ring: readonly string[]): number {
  const [first, second = first] = ring;
  const entry = first === undefined ? undefined : entries.get(first);
  if (entry === undefined) return 0;
  const arrow = keys.flatMap(key => listed(entry, key)).find(({text}) => text === second);
  return arrow?.at ?? entry.keyAt;
}

function checkGroups({workers, groups}: Parts, {report}: Context): void {
  const names = [...keysOf(workers), ...keysOf(groups)];
  const known = new Set(names);
  const meant = adviser(names);
  const groupOf = new Map<string, string>();
  for (const group of groups) {
    for (const {text, at} of listed(group, 'members')) {
      const label = `${keyLabel(group.key)}.members: ${keyLabel(text)}`;
      const other = groupOf.get(text);
      if (!known.has(text)) report.error(at, `${label} is not a worker or group: ${meant(text)}`);
      else if (other !== undefined && other !== group.key) {
        report.error(at, `${label} is already in ${keyLabel(other)}: a member can be in only one group`);
      }
      if (other === undefined) groupOf.set(text, group.key);
    }
  }
  const arrows = new Map(groups.map(group => [group.key, listed(group, 'members').map(({text}) => text)]));
  const byName = new Map(groups.map(group => [group.key, group]));
  for (const ring of findRings(arrows)) {
    report.error(arrowAt(byName, ['members'], ring), `cycle: ${showRing(ring)}: a group can't contain itself`);
  }
}

function checkChannelUse({workers, channels}: Parts, {report}: Context): void {
  const names = keysOf(channels);
  const known = new Set(names);
  const meant = adviser(names);
  const ends = new Map(channels.map(channel => [channel.key, endsIn(channel)]));
  for (const worker of workers) {
    for (const {text, at} of listed(worker, 'channels')) {
      const [from, to] = ends.get(text) ?? [];
      const label = `${keyLabel(worker.key)}.channels`;
      const channel = keyLabel(text);
      if (from !== undefined && to !== undefined && ![from.end.text, to.end.text].includes(worker.key)) {
        report.error(
          at,
          `${label}: ${channel} is a ${from.kind} from ${keyLabel(from.end.text)} to ${keyLabel(to.end.text)}: remove it, or make ${keyLabel(worker.key)} one of its ends`,
        );
      }
      if (known.has(text)) continue;
      const advice = names.length === 0 ? 'declare it under channels:' : meant(text);
      report.error(at, `${label}: undeclared channel ${channel}: ${advice}`);
    }
  }
}

interface End {
  readonly kind: string;
  readonly key: string;
  readonly end: ScalarNode;
}

/** Returns `from` and `to` of a channel that has them, if they are strings. */
const endsIn = (channel: Entry): End[] =>
  ENDED_KINDS.flatMap(kind => {
    const fields = entryOf(channel.value, kind)?.value;
    return ['from', 'to'].flatMap(key => {
      const end = entryOf(fields, key)?.value;
      return end?.kind === 'scalar' && typeof end.value === 'string' ? [{kind, key, end}] : [];
    });
  });

function checkEnds({workers, channels}: Parts, {report}: Context): void {
  const names = keysOf(workers);
  const known = new Set(names);
  const meant = adviser(names);
  for (const channel of channels) {
    const missing = endsIn(channel).filter(({end}) => !known.has(end.text));
    for (const {kind, key, end} of missing) {
      const label = `${keyLabel(channel.key)}.${kind}.${key}: ${keyLabel(end.text)}`;
      // A channel with one missing end can only block. One with both missing waits for workers added while the fleet
      // runs.
      if (missing.length === 2)
        report.note(end.at, `${label} is not a worker of this file: the ${kind} is unused until that worker is added`);
      else report.error(end.at, `${label} is not a worker: ${meant(end.text)}`);
    }
  }
}

/** Inherited descriptors begin at 3: sockets (sd_listen_fds(3)), then pipes. */
const FIRST_INHERITED = 3;

function checkReadyDescriptors({workers, channels}: Parts, {report}: Context): void {
  const listable = new Map(
    channels.flatMap(({key, value}) => {
      const kind = LISTED_INHERITED.find(one => entryOf(value, one) !== undefined);
      return kind === undefined ? [] : [[key, kind] as const];
    }),
  );
  const endingAt = new Map<string, string[]>();
  for (const channel of channels) {
    for (const [name, kind] of new Map(endsIn(channel).map(({end, kind: one}) => [end.text, one]))) {
      const words = `${kind} ${keyLabel(channel.key)}`;
      const known = endingAt.get(name);
      if (known) known.push(words);
      else endingAt.set(name, [words]);
    }
  }
  for (const worker of workers) {
    const fd = entryOf(entryOf(worker.value, 'ready')?.value, 'fd')?.value;
    if (fd?.kind !== 'scalar' || typeof fd.value !== 'number') continue;
    const inherited = [
      ...listed(worker, 'channels').flatMap(({text}) => {
        const kind = listable.get(text);
        return kind === undefined ? [] : [`${kind} ${keyLabel(text)}`];
      }),
      ...(endingAt.get(worker.key) ?? []),
    ];
    const taken = inherited[fd.value - FIRST_INHERITED];
    if (taken === undefined) continue;
    const free = FIRST_INHERITED + inherited.length;
    report.error(
      fd.at,
      `${keyLabel(worker.key)}.ready.fd: descriptor ${fd.value} is already the ${taken}: use fd: ${free}`,
    );
  }
}
