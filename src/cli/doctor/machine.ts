/** Finds zombies and orphans of the whole machine. No supervisor has watched them, so /proc is the only source. */
import {setTimeout as delay} from 'node:timers/promises';
import type {FindingsReport, OrphanReport, ZombieReport} from '../../control/reports.ts';
import {isAnchor} from './anchors.ts';
import {commandOf} from '../../process/proc-files.ts';
import {hasEnded, type Stat} from '../../process/stat.ts';
import {readProcessTable, type ProcessTable} from '../../process/table.ts';
import {zombieAgeMs} from '../../process/zombie-age.ts';
import {zombiesIn, type Zombie} from '../../process/zombies.ts';

/** The time that a parent has to wait for its child. */
const PATIENCE_MS = 1_000;
const KTHREADD = 2;

/** Returns the findings. A supervisor's findings take precedence: they contain the owner and the time. */
export async function machineFindings(own: FindingsReport): Promise<FindingsReport> {
  const table = readProcessTable();
  return {
    zombies: merged(await zombiesOf(table), own.zombies),
    orphans: merged(orphansOf(table), own.orphans),
  };
}

function merged<T extends {readonly pid: number}>(all: readonly T[], own: readonly T[]): T[] {
  const known = new Map(own.map(one => [one.pid, one]));
  const strangers = all.filter(({pid}) => !known.has(pid));
  return [...own, ...strangers];
}

async function zombiesOf(table: ProcessTable): Promise<ZombieReport[]> {
  let found = zombiesIn(table);
  const isFresh = ({pid}: Zombie): boolean => (zombieAgeMs(pid) ?? 0) < PATIENCE_MS;
  if (found.some(isFresh)) {
    await delay(PATIENCE_MS);
    const still = new Set(zombiesIn(readProcessTable()).map(({pid, startTime}) => `${pid} ${startTime}`));
    found = found.filter(({pid, startTime}) => still.has(`${pid} ${startTime}`));
  }
  return found.map(({pid, name, ppid, parent, exit}) => ({
    pid,
    name,
    ppid,
    parent,
    worker: null,
    instance: null,
    ageMs: zombieAgeMs(pid),
    exit,
  }));
}

/**
 * Whether a process was left behind. A child of init may have been started by init, but if the leader of its session or
 * process group is gone, it was left behind. A daemon that has put itself into the background twice looks the same.
 */
function isLeftBehind({pid, ppid, sid, pgid}: Stat, table: ProcessTable): boolean {
  const isGone = (leader: number): boolean => leader > 0 && leader !== pid && table.get(leader) === undefined;
  return ppid === 1 && (isGone(sid) || isGone(pgid));
}

const orphansOf = (table: ProcessTable): OrphanReport[] =>
  [...table.all()]
    .filter(stat => !hasEnded(stat) && stat.pid !== KTHREADD && isLeftBehind(stat, table))
    // Anchors have left their parents on purpose.
    .filter(({pid, startTime}) => !isAnchor(pid, startTime))
    .map(({pid, comm}) => ({
      pid,
      name: comm,
      command: commandOf(pid) || comm,
      worker: null,
      instance: null,
      formerParent: null,
      formerParentName: null,
      adoptedAt: null,
    }));
