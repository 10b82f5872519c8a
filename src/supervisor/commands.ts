/** What people ask of the fleet, as events of its instances. */
import {configure} from './configure.ts';
import type {LifeEvent} from './events.ts';
import type {FleetHead, Stopping} from './head.ts';
import {addWorker, removeWorker, resize} from './membership.ts';
import type {Cell, Member, Roster} from './roster.ts';
import type {Input, JournalEvent} from './types.ts';
import {takeChange} from './watching.ts';

export type Command = Exclude<Input, {readonly token: string} | {readonly type: 'tick' | 'found'}>;

/** What a command may touch. */
export interface Desk {
  readonly roster: Roster;
  readonly stopping: Stopping;
  readonly head: FleetHead;
  readonly apply: (cell: Cell, event: LifeEvent) => void;
  readonly journal: (event: JournalEvent) => void;
  /** Definitions have changed. */
  readonly define: (head: FleetHead) => void;
  readonly stop: (stopping: Stopping) => void;
  readonly reload: (ids: readonly string[]) => void;
  /** Something else is wanted of these than a reload that is under way. */
  readonly withdraw: (ids: readonly string[]) => void;
}

/** Carries a command out. While everything is being stopped, nothing is started, added or changed. */
export function obey(command: Command, desk: Desk): void {
  if (desk.stopping !== 'no' && command.type !== 'stop' && command.type !== 'resume' && command.type !== 'down') return;
  switch (command.type) {
    case 'start':
    case 'restart':
      if (command.type === 'restart') desk.withdraw(command.ids);
      bringUp(command, desk);
      return;
    case 'reload':
      desk.reload(command.ids);
      return;
    case 'stop':
      desk.withdraw(command.ids);
      for (const cell of named(command.ids, desk)) desk.apply(cell, {type: 'stop', leave: cell.instance.leaving});
      return;
    case 'file-changed':
      takeChange(command, desk);
      return;
    case 'pause':
    case 'resume':
      for (const cell of named(command.ids, desk)) desk.apply(cell, {type: command.type});
      return;
    case 'alarm':
      for (const cell of named(command.ids, desk)) desk.apply(cell, {type: 'alarm', seconds: command.seconds});
      return;
    case 'add':
      if (addWorker(command.spec, true, desk)) applied(desk, {added: [command.spec.name]});
      return;
    case 'remove': {
      const removed = command.workers.filter(name => removeWorker(name, desk));
      if (removed.length > 0) applied(desk, {removed});
      return;
    }
    case 'scale': {
      const member = desk.roster.members.get(command.worker);
      if (member === undefined || member.removed) return;
      if (resize(member, command.instances, desk)) applied(desk, {changed: [command.worker]});
      return;
    }
    case 'configure': {
      const plan = configure(command.fleet, desk);
      if (plan === null) return;
      desk.withdraw([...desk.roster.cells.values()].filter(isChanged).map(({instance}) => instance.id));
      applied(desk, plan);
      return;
    }
    case 'down':
      goDown(command.now ? 'now' : 'in-order', desk);
  }
}

/** What `start` names, and what that requires and nobody runs. */
function bringUp(command: Extract<Command, {type: 'start' | 'restart'}>, desk: Desk): void {
  const {roster} = desk;
  const cells = named(command.ids, desk).filter(({instance}) => !instance.leaving);
  const asked = new Set(cells);
  for (const member of requiredBy(cells, roster)) {
    const allDown = member.counts.wantedUp === 0;
    for (const cell of [...member.cells]) {
      if (cell.instance.leaving || asked.has(cell)) continue;
      if (allDown || cell.instance.status === 'failed') desk.apply(cell, {type: 'start', inTime: true});
    }
  }
  for (const cell of cells) {
    roster.groups.forgive(cell.instance.worker);
    desk.apply(
      cell,
      command.type === 'start'
        ? {type: 'start', inTime: command.inTime ?? false}
        : {type: 'restart', why: 'restart', stay: false},
    );
  }
}

/** Whatever these require, and what that requires, each behind what it requires itself. By hand: a chain may be long. */
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

/** Everything is wanted down; `now` does not wait for an order, nor for what is being ended already. */
function goDown(how: 'in-order' | 'now', desk: Desk): void {
  const {roster, stopping} = desk;
  if (stopping === how || stopping === 'now') return;
  desk.stop(how);
  desk.journal({type: 'supervisor-stopping', now: how === 'now'});
  for (const cell of roster.cells.values()) {
    if (stopping === 'no') desk.apply(cell, {type: 'stop', leave: cell.instance.leaving});
    if (how === 'now') desk.apply(cell, {type: 'end', reason: null, now: true});
  }
}

const isChanged = ({instance}: Cell): boolean => instance.run?.ending === 'changed';

function named(ids: readonly string[], {roster}: Desk): Cell[] {
  return ids.flatMap(id => roster.cells.get(id) ?? []);
}

function applied(
  {journal}: Desk,
  {added = [], removed = [], changed = []}: Partial<Record<'added' | 'removed' | 'changed', readonly string[]>>,
): void {
  journal({type: 'plan-applied', added, removed, changed});
}
