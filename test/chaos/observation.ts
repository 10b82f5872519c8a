/** One look at the machine from outside: the supervisor's parts, every process of every worker, and the zombies. */
import {commandLine, environment, everyProcess, look, type Seen} from '../end-to-end/processes.ts';
import {MAIN_MARK} from './tempers.ts';

/** Environment variable of every process of a run. No BROOD_ prefix: such variables are not passed to workers. */
export const TAG = 'CHAOS_OF';

export type PartName = 'anchor' | 'keeper' | 'controller';
export const PARTS: readonly PartName[] = ['anchor', 'keeper', 'controller'];

/** A living process of a worker. */
export interface Member {
  readonly seen: Seen;
  /** Such as `steady1/3`. */
  readonly id: string;
  /** Token of its run. */
  readonly run: string;
  readonly main: boolean;
}

export interface Zombie {
  readonly seen: Seen;
  /** The process that does not wait for it. */
  readonly parent: Seen;
  /** Such as `keeper` or `steady1/3`. */
  readonly parentIs: string;
}

export interface Observation {
  /** The harness's monotonic clock, in ms. */
  readonly at: number;
  readonly parts: Readonly<Record<PartName, readonly Seen[]>>;
  readonly members: readonly Member[];
  readonly zombies: readonly Zombie[];
}

/** Identifies a process: a pid may be reused. */
export const identity = ({pid, startTime}: Seen): string => `${pid}@${startTime}`;

/** Whether that very process still exists and is no zombie. */
export function isStill(seen: Seen): boolean {
  const now = look(seen.pid);
  return now?.startTime === seen.startTime && isLiving(now);
}

export const isLiving = ({state}: Seen): boolean => state !== 'Z' && state !== 'X';
export const isStopped = ({state}: Seen): boolean => state === 'T' || state === 't';

type Belongs = Omit<Member, 'seen'>;

const valueOf = (entries: readonly string[], name: string): string | undefined =>
  entries.find(entry => entry.startsWith(`${name}=`))?.slice(name.length + 1);

/**
 * Whether a process has the command line of a main process without leading a session (yet): a fork before its exec, or
 * a main process just started. It is examined again at the next look.
 */
const isBecoming = ({pid}: Seen): boolean => {
  const words = commandLine(pid);
  return words.length === 0 || words.at(-1) === MAIN_MARK;
};

function partByWords(words: readonly string[], folder: string): PartName | null {
  if (!words.some(word => word.startsWith(`${folder}/home/`))) return null;
  if (words.includes('brood-anchor')) return 'anchor';
  const program = words.find(word => word.endsWith('.cjs')) ?? '';
  if (program.endsWith('/keeper.cjs')) return 'keeper';
  return program.endsWith('/controller.cjs') ? 'controller' : null;
}

/** Looks repeatedly, and remembers which worker a process belongs to: it may drop every trace of that later. */
export class Observer {
  /** The run's folder, which identifies the run. */
  readonly #folder: string;
  #known = new Map<string, Belongs>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  look(): Observation {
    const at = performance.now();
    const all = everyProcess();
    const byPid = new Map(all.map(seen => [seen.pid, seen]));
    const known = new Map<string, Belongs>();
    const members: Member[] = [];
    const parts: Record<PartName, Seen[]> = {anchor: [], keeper: [], controller: []};

    const strangers = new Set<string>();
    const unsettled = new Set<string>();
    const belongs = (seen: Seen): Belongs | null => {
      const key = identity(seen);
      if (strangers.has(key)) return null;
      const parent = byPid.get(seen.ppid);
      const remembered = known.get(key) ?? this.#known.get(key);
      const own = remembered ?? (isLiving(seen) ? this.#askKernel(seen) : null);
      // A process first seen without its environment is still a child of its parent.
      const above = own || !parent || parent === seen ? null : belongs(parent);
      const found = own ?? (above && {...above, main: false});
      if (found) known.set(key, found);
      else strangers.add(key);
      if (own && !remembered && !own.main && isBecoming(seen)) unsettled.add(key);
      return found;
    };
    for (const seen of all) {
      const whose = belongs(seen);
      if (!isLiving(seen)) continue;
      if (whose) members.push({seen, ...whose});
      else {
        const part = this.#partOf(seen);
        if (part) parts[part].push(seen);
      }
    }
    for (const key of unsettled) known.delete(key);
    this.#known = known;
    return {at, parts, members, zombies: this.#zombies(all, byPid, parts, known)};
  }

  /** Returns the supervisor's parts alone, which is faster. */
  parts(): Record<PartName, Seen[]> {
    const all = everyProcess();
    const parts: Record<PartName, Seen[]> = {anchor: [], keeper: [], controller: []};
    for (const seen of all) {
      const part = isLiving(seen) ? this.#partOf(seen) : null;
      if (part) parts[part].push(seen);
    }
    return parts;
  }

  #askKernel(seen: Seen): Belongs | null {
    const entries = environment(seen.pid);
    const run = valueOf(entries, 'BROOD_RUN');
    const id = valueOf(entries, 'BROOD_WORKER');
    if (run !== undefined && id !== undefined && valueOf(entries, TAG) === this.#folder) {
      // A fork has the command line of its parent until its exec, but leads no session.
      const main = seen.pid === seen.sid && commandLine(seen.pid).at(-1) === MAIN_MARK;
      return {id, run, main};
    }
    // tempers/daemon.sh
    const [, , folder, worker, token] = commandLine(seen.pid);
    return folder === this.#folder && worker !== undefined && token !== undefined
      ? {id: worker, run: token, main: false}
      : null;
  }

  #partOf({pid, ppid}: Seen): PartName | null {
    const part = partByWords(commandLine(pid), this.#folder);
    // A fork of a part has the part's command line until its exec.
    return part === null || partByWords(commandLine(ppid), this.#folder) === part ? null : part;
  }

  #zombies(
    all: readonly Seen[],
    byPid: ReadonlyMap<number, Seen>,
    parts: Readonly<Record<PartName, readonly Seen[]>>,
    known: ReadonlyMap<string, Belongs>,
  ): Zombie[] {
    const partOf = new Map(PARTS.flatMap(name => parts[name].map(seen => [seen.pid, name] as const)));
    return all.flatMap(seen => {
      const parent = byPid.get(seen.ppid);
      if (seen.state !== 'Z' || !parent) return [];
      const parentIs = partOf.get(parent.pid) ?? known.get(identity(parent))?.id;
      return parentIs === undefined ? [] : [{seen, parent, parentIs}];
    });
  }
}
