/**
 * Processes from ps(1), for systems without /proc: through ps-list, and through pidtree for the descendants of one
 * process. States, nice values, threads and memory stay unknown.
 */
import pidtree from 'pidtree';
import psList, {type ProcessDescriptor} from 'ps-list';
import {UNKNOWN, type Rows} from './rows.ts';
import {NO_DETAILS, type Details, type ProcessSource} from './source.ts';

/** ps reports start times to the second, and on some systems relative to now: two readings may differ by one. */
const START_SLACK_MS = 2000;

type Told = Partial<ProcessDescriptor> & {readonly pid: number; readonly ppid: number};

export class PortableSource implements ProcessSource {
  readonly #below: number | null;
  #told = new Map<number, Told>();

  /** @param below only this process and its descendants are read; null: all processes */
  constructor({below = null}: {readonly below?: number | null} = {}) {
    this.#below = below;
  }

  async read(rows: Rows): Promise<void> {
    const all = await this.#listProcesses();
    this.#told = new Map(all.map(one => [one.pid, one]));
    storeAll(rows, this.#told);
  }

  details(rows: Rows, row: number): Details {
    const told = this.#told.get(rows.pid[row] ?? 0);
    if (told === undefined) return NO_DETAILS;
    return {...NO_DETAILS, command: told.cmd ? told.cmd : null, uid: told.uid ?? null};
  }

  pss(): null {
    return null;
  }

  startedAt(startTime: number): number {
    return startTime;
  }

  identity(): null {
    return null;
  }

  close(): void {
    this.#told.clear();
  }

  async #listProcesses(): Promise<readonly Told[]> {
    if (this.#below === null) {
      const all = await psList();
      // ps-list returns nothing if it can't parse this system's ps output; pidtree still finds parents and children.
      return all.length > 0 ? all : pidtree(-1, {advanced: true});
    }
    const [members, all] = await Promise.all([membersOf(this.#below), psList()]);
    const told = new Map(all.map(one => [one.pid, one]));
    return members.map(member => {
      const one = told.get(member.pid);
      // The listings are from different moments: if the parent differs, only the entry of pidtree is certain.
      return one?.ppid === member.ppid ? one : member;
    });
  }
}

/** Returns a process and all its descendants; empty if there is no such process. */
async function membersOf(pid: number): Promise<readonly {readonly pid: number; readonly ppid: number}[]> {
  try {
    const found = await pidtree(pid, {root: true, advanced: true});
    // pidtree reports no parent for a process that occurs only as a parent.
    return found.map(one => ({pid: one.pid, ppid: (one as {ppid?: number}).ppid ?? UNKNOWN}));
  } catch {
    return [];
  }
}

/** Stores the processes that ps(1) has listed. */
export function storeAll(rows: Rows, told: ReadonlyMap<number, Told>): void {
  rows.startSlack = START_SLACK_MS;
  rows.begin();
  for (const one of [...told.values()].sort((a, b) => a.pid - b.pid)) store(rows, one);
  rows.removeUnseen(() => undefined);
}

function store(rows: Rows, {pid, ppid, name, cpu, startTime}: Told): void {
  const start = startTime?.getTime() ?? NaN;
  let row = rows.find(pid);
  const isAnother = row !== -1 && Math.abs((rows.startTime[row] ?? NaN) - start) > START_SLACK_MS;
  if (isAnother) rows.remove(row);
  if (row === -1 || isAnother) {
    row = rows.add(pid);
    rows.startTime[row] = start;
  }
  rows.ppid[row] = ppid;
  rows.cpuPercent[row] = cpu ?? NaN;
  rows.setNameText(row, name ?? '');
  rows.keep(row);
}
