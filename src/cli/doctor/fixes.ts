/** Fixes of `brood doctor --fix`. Each fix checks afterwards whether it has helped, and reports that. */
import {formatDuration} from '../../base/format.ts';
import {messageOf} from '../../base/errors.ts';
import {setTimeout as delay} from 'node:timers/promises';
import type {Client} from '../../control/client.ts';
import type {OrphanReport, ZombieReport} from '../../control/reports.ts';
import {signalIdentified} from '../../posix/pidfd.ts';
import {signalNumber} from '../../posix/signals.ts';
import {whyRefused} from '../../process/refusal.ts';
import {hasEnded, readStat, startTimeOf} from '../../process/stat.ts';
import type {SeenProcess} from '../target/supervisor-troubles.ts';

export interface Fix {
  /** The action, for the question and the report: `send SIGCHLD to process 4711`. */
  readonly words: string;
  /** Returns whether the fix has helped, and a description of the result. */
  readonly apply: () => Promise<Outcome>;
}

export interface Outcome {
  readonly helped: boolean;
  readonly words: string;
}

const POLL_MS = 20;
/** The time that a process has to react. */
const PATIENCE_MS = 2_000;

async function becomes(so: () => boolean, ms = PATIENCE_MS): Promise<boolean> {
  const end = performance.now() + ms;
  while (!so()) {
    if (performance.now() > end) return false;
    await delay(POLL_MS);
  }
  return true;
}

/**
 * Sends a signal. The supervisor sends and records it if the process belongs to its fleet (`client` set); otherwise
 * this process sends it with its user's permissions. Returns the reason if that fails, or null.
 */
async function send(signal: string, pid: number, startTime: string, client: Client | null): Promise<string | null> {
  if (client !== null) {
    try {
      await client.call('signal', {signal, targets: [String(pid)]});
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }
  const refused = signalIdentified(pid, startTime, signalNumber(signal) ?? 0, startTimeOf);
  return refused === null ? null : whyRefused(pid, refused);
}

const idOf = ({worker, instance}: {readonly worker: string | null; readonly instance: number | null}): string | null =>
  worker === null || instance === null ? null : `${worker}/${instance}`;

const isThere = (pids: readonly number[], ppid: number): boolean =>
  pids.some(pid => {
    const stat = readStat(pid);
    return stat !== null && stat.ppid === ppid && hasEnded(stat);
  });

/**
 * Fixes zombies of one parent: sends SIGCHLD, which the parent may have missed; if that does not help, restarts its
 * worker.
 */
export function fixZombies(zombies: readonly ZombieReport[], client: Client | null): Fix | null {
  const [first] = zombies;
  if (!first) return null;
  const {ppid} = first;
  const id = idOf(first);
  const pids = zombies.map(({pid}) => pid);
  const restarts = client !== null && id !== null;
  if (ppid <= 1) return null;
  return {
    words: `send SIGCHLD to process ${ppid}${restarts ? `, and restart ${id} if that does not help` : ''}`,
    async apply() {
      const parent = readStat(ppid);
      if (parent === null || !isThere(pids, ppid)) return {helped: true, words: 'it is already gone'};
      const refused = await send('SIGCHLD', ppid, parent.startTime, id === null ? null : client);
      const gone = (): boolean => !isThere(pids, ppid);
      if (refused === null && (await becomes(gone)))
        return {helped: true, words: `process ${ppid} has now waited for it`};
      const why = refused ?? `process ${ppid} does not wait for it, even after SIGCHLD`;
      if (!restarts) return {helped: false, words: why};
      await client.call('restart', {targets: [id]});
      return (await becomes(gone))
        ? {helped: true, words: `${why}; ${id} was restarted, and it is gone`}
        : {helped: false, words: `${why}; ${id} was restarted, but it is still there`};
    },
  };
}

/** Continues a stopped process of the supervisor, with this user's own permissions, since the process can't answer. */
export function fixStopped({part, pid, startTime}: SeenProcess): Fix | null {
  if (startTime === null) return null;
  const goesOn = (): boolean => {
    const state = readStat(pid)?.state;
    return state !== 'T' && state !== 't';
  };
  return {
    words: `send SIGCONT to the ${part} (pid ${pid})`,
    async apply() {
      const refused = goesOn() ? null : await send('SIGCONT', pid, startTime, null);
      if (refused !== null && !goesOn()) return {helped: false, words: refused};
      return (await becomes(goesOn))
        ? {helped: true, words: `the ${part} is running again`}
        : {helped: false, words: `the ${part} is still stopped: something keeps stopping it`};
    },
  };
}

/** Ends an orphan: SIGTERM, then SIGKILL. */
export function fixOrphan({pid, worker, instance}: OrphanReport, client: Client | null): Fix | null {
  const startTime = startTimeOf(pid);
  if (startTime === null) return null;
  const by = idOf({worker, instance}) === null ? null : client;
  const gone = (): boolean => {
    const stat = readStat(pid);
    return stat === null || stat.startTime !== startTime || hasEnded(stat);
  };
  return {
    words: `kill process ${pid} (SIGTERM, then SIGKILL after ${formatDuration(PATIENCE_MS)})`,
    async apply() {
      for (const signal of ['SIGTERM', 'SIGKILL']) {
        const refused = gone() ? null : await send(signal, pid, startTime, by);
        if (refused !== null && !gone()) return {helped: false, words: refused};
        if (await becomes(gone)) return {helped: true, words: `process ${pid} has exited`};
      }
      return {helped: false, words: `process ${pid} survives SIGKILL: it is blocked in the kernel`};
    },
  };
}

/** Resolves a deadlock: restarts an instance of the cycle. */
export function fixDeadlock(id: string | null, client: Client | null): Fix | null {
  if (id === null || client === null) return null;
  return {
    words: `restart ${id}, which releases its locks`,
    async apply() {
      const {ok, outcomes} = await client.call('restart', {targets: [id]});
      return {helped: ok, words: ok ? `${id} was restarted` : (outcomes[0]?.reason ?? `${id} could not be restarted`)};
    },
  };
}
