/** Translates commands for the fleet into events of its instances. */
import {configure} from './configure.ts';
import type {Cell, Member} from './cell.ts';
import {takeChange} from './file-changes.ts';
import type {FleetChange} from './fleet-change.ts';
import {addWorker, removeWorker, resize} from './members.ts';
import type {Roster} from './roster.ts';
import type {Input} from '../types.ts';

export type Command = Exclude<Input, {readonly token: string} | {readonly type: 'tick' | 'found'}>;

/** Executes a command. While the fleet is being stopped, only `stop`, `resume` and `down` have an effect. */
export function applyCommand(command: Command, change: FleetChange): void {
  if (change.stopping !== 'no' && command.type !== 'stop' && command.type !== 'resume' && command.type !== 'down')
    return;
  switch (command.type) {
    case 'start':
    case 'restart':
      if (command.type === 'restart') change.withdraw(command.ids);
      bringUp(command, change);
      return;
    case 'reload':
      change.reload(command.ids);
      return;
    case 'stop':
      change.withdraw(command.ids);
      for (const cell of named(command.ids, change)) change.apply(cell, {type: 'stop', leave: cell.instance.leaving});
      return;
    case 'file-changed':
      takeChange(command, change);
      return;
    case 'pause':
    case 'resume':
      for (const cell of named(command.ids, change)) change.apply(cell, {type: command.type});
      return;
    case 'alarm':
      for (const cell of named(command.ids, change)) change.apply(cell, {type: 'alarm', seconds: command.seconds});
      return;
    case 'add':
      if (addWorker(command.spec, true, change)) applied(change, {added: [command.spec.name]});
      return;
    case 'remove': {
      const removed = command.workers.filter(name => removeWorker(name, change));
      if (removed.length > 0) applied(change, {removed});
      return;
    }
    case 'scale': {
      const member = change.roster.members.get(command.worker);
      if (member === undefined || member.removed) return;
      if (resize(member, command.instances, change)) applied(change, {changed: [command.worker]});
      return;
    }
    case 'configure': {
      const plan = configure(command.fleet, change);
      if (plan === null) return;
      change.withdraw([...change.roster.cells.values()].filter(isChanged).map(({instance}) => instance.id));
      applied(change, plan);
      return;
    }
    case 'down':
      goDown(command.now ? 'now' : 'in-order', change);
  }
}

/** Starts the named instances, and their requirements that are down or failed. */
function bringUp(command: Extract<Command, {type: 'start' | 'restart'}>, change: FleetChange): void {
  const {roster} = change;
  const cells = named(command.ids, change).filter(({instance}) => !instance.leaving);
  const asked = new Set(cells);
  for (const member of requiredBy(cells, roster)) {
    const allDown = member.counts.wantedUp === 0;
    for (const cell of [...member.cells]) {
      if (cell.instance.leaving || asked.has(cell)) continue;
      if (allDown || cell.instance.status === 'failed') change.apply(cell, {type: 'start', inTime: true});
    }
  }
  for (const cell of cells) {
    roster.groups.forgive(cell.instance.worker);
    change.apply(
      cell,
      command.type === 'start'
        ? {type: 'start', inTime: command.inTime ?? false}
        : {type: 'restart', why: 'restart', stay: false},
    );
  }
}

/**
 * Returns the transitive requirements of instances, each after its own requirements. Iterative, since a chain may be
 * long.
 */
function requiredBy(cells: readonly Cell[], {members}: Roster): Member[] {
  const found: Member[] = [];
  const seen = new Set<string>();
  const open: {readonly member: Member; readonly isDone: boolean}[] = [];
  const enter = (names: readonly string[]): void => {
    for (const name of [...names].reverse()) {
      const member = members.get(name);
      if (member !== undefined && !member.removed && !seen.has(name)) open.push({member, isDone: false});
    }
  };
  for (const {
    member: {spec},
  } of cells) {
    enter(spec.requires);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const {member, isDone} = next;
      if (isDone) found.push(member);
      if (isDone || seen.has(member.spec.name)) continue;
      seen.add(member.spec.name);
      open.push({member, isDone: true});
      enter(member.spec.requires);
    }
  }
  return found;
}

/** Makes all instances wanted down. `now`: ends all runs at once, including those that are being ended already. */
function goDown(how: 'in-order' | 'now', change: FleetChange): void {
  const {roster, stopping} = change;
  if (stopping === how || stopping === 'now') return;
  change.stop(how);
  change.journal({type: 'supervisor-stopping', now: how === 'now'});
  for (const cell of roster.cells.values()) {
    if (stopping === 'no') change.apply(cell, {type: 'stop', leave: cell.instance.leaving});
    if (how === 'now') change.apply(cell, {type: 'end', reason: null, now: true});
  }
}

const isChanged = ({instance}: Cell): boolean => instance.run?.ending === 'changed';

function named(ids: readonly string[], {roster}: FleetChange): Cell[] {
  return ids.flatMap(id => roster.cells.get(id) ?? []);
}

function applied(
  {journal}: FleetChange,
  {added = [], removed = [], changed = []}: Partial<Record<'added' | 'removed' | 'changed', readonly string[]>>,
): void {
  journal({type: 'plan-applied', added, removed, changed});
}
