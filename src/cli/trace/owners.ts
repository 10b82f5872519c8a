/**
 * Reads the owners of a traced fleet's processes from its supervisor: of the current ones, and of the first process of
 * each new run.
 */
import type {EventRecord} from '../../journal/record.ts';
import type {Client} from '../../control/client.ts';
import {NoAnswerError, reach} from '../target/reach.ts';
import {ConnectionLostError, NotRunningError, RpcError} from '../../control/errors.ts';
import type {LineageReport} from '../../control/reports.ts';
import {commandOf} from '../../process/proc-files.ts';
import {readProcessTable, type ProcessTable} from '../../process/table.ts';
import type {Stat} from '../../process/stat.ts';
import {NOBODY, type Attribution, type Owner} from '../../process/trace/attribution.ts';
import type {SignalName} from '../../base/signal-name.ts';

export interface TraceOwnersHost {
  readonly folder: string;
  readonly attribution: Attribution;
  /** Whether every process is traced, and not only those of the fleet. */
  readonly all: boolean;
  /** The process that is traced with all its descendants; null if none was chosen. */
  readonly chosen: number | null;
  /** Called when the supervisor has reported something. */
  readonly told: () => void;
}

/** Returns the processes of a fleet, parents first: the supervisor's tree, and the processes that have left it. */
function familyIn(table: ProcessTable, {anchor, keeper, processes}: LineageReport): Set<Stat> {
  const roots = [anchor, keeper].filter(pid => pid !== null);
  const family = new Set(roots.flatMap(pid => table.treeOf(pid)));
  for (const {pid, startTime} of processes) {
    if (table.get(pid)?.startTime === startTime) for (const stat of table.treeOf(pid)) family.add(stat);
  }
  return family;
}

/** Records every process of the machine; processes without a known owner belong to nobody. */
export function knowAll(attribution: Attribution, chosen: number | null): void {
  const table = readProcessTable();
  know(attribution, table, table.all(), () => NOBODY, chosen);
}

function know(
  attribution: Attribution,
  table: ProcessTable,
  stats: Iterable<Stat>,
  ownerOf: (stat: Stat) => Owner | null,
  chosen: number | null,
): void {
  const below = new Set(chosen === null ? [] : table.treeOf(chosen));
  for (const stat of stats) {
    const {pid, ppid} = stat;
    const command = commandOf(pid) || `[${stat.comm}]`;
    attribution.know({pid, ppid, owner: ownerOf(stat), chosen: below.has(stat), command});
  }
}

/** Waits until the connection ends or the signal is aborted. Returns whether the connection has ended. */
async function lostOrAborted(client: Client, signal: AbortSignal): Promise<boolean> {
  const abort = new Promise<boolean>(resolve => {
    signal.addEventListener('abort', () => resolve(false), {once: true});
    if (signal.aborted) resolve(false);
  });
  const lost = new Promise<boolean>(resolve => client.onClose(() => resolve(true)));
  return Promise.race([abort, lost]);
}

export class TraceOwners {
  readonly #host: TraceOwnersHost;
  #lineage: LineageReport | null = null;
  #client: Client | null = null;

  constructor(host: TraceOwnersHost) {
    this.#host = host;
  }

  get lineage(): LineageReport | null {
    return this.#lineage;
  }

  readonly roleOf = (pid: number): string | null => {
    if (this.#lineage === null) return null;
    const {anchor, keeper, controller} = this.#lineage;
    return pid === keeper ? 'keeper' : pid === controller ? 'controller' : pid === anchor ? 'anchor' : null;
  };

  /** Reads the owners from a connection, and receives changes for as long as the connection lasts. */
  async learn(client: Client): Promise<void> {
    this.#client = client;
    client.onEvent(record => this.#hear(record));
    // In this order, a run that begins in between is reported twice instead of being missed.
    await client.call('watch', {});
    this.#applyLineage(await client.call('lineage', {}));
    client.ref();
  }

  /**
   * Reads all owners again, since the known ones may be wrong. Processes that began no later than `ticks` keep theirs.
   */
  async learnAgain(ticks: number): Promise<void> {
    const table = readProcessTable();
    const isKept = (pid: number): boolean => Number(table.get(pid)?.startTime ?? Infinity) <= ticks;
    this.#host.attribution.keepOnly(isKept);
    try {
      // Without a connection, the next one reads the owners.
      if (this.#client?.closed === false) this.#applyLineage(await this.#client.call('lineage', {}));
    } catch (error) {
      if (!(error instanceof ConnectionLostError) && !(error instanceof RpcError)) throw error;
    }
    if (this.#host.all) knowAll(this.#host.attribution, this.#host.chosen);
  }

  /** Stays connected through every change of controller. Returns when the fleet has ended or `signal` is aborted. */
  async stay(first: Client, signal: AbortSignal): Promise<'ended' | 'stopped'> {
    for (let client = first; ;) {
      const isLost = await lostOrAborted(client, signal);
      const next = isLost ? await this.#reconnect(signal) : 'stopped';
      if (next === 'ended' || next === 'stopped') return next;
      client = next;
    }
  }

  close(): void {
    this.#client?.close();
  }

  async #reconnect(signal: AbortSignal): Promise<Client | 'ended' | 'stopped'> {
    while (!signal.aborted) {
      let client: Client | null = null;
      try {
        client = await reach(this.#host.folder);
        await this.learn(client);
        return client;
      } catch (error) {
        client?.close();
        if (error instanceof NotRunningError) return 'ended';
        const mayCome = [ConnectionLostError, RpcError, NoAnswerError].some(kind => error instanceof kind);
        if (!mayCome) throw error;
      }
    }
    return 'stopped';
  }

  #applyLineage(lineage: LineageReport): void {
    const {attribution, chosen} = this.#host;
    this.#lineage = lineage;
    attribution.keeper = lineage.keeper;
    const entries = new Map(lineage.processes.map(entry => [entry.pid, entry]));
    const ownerOf = ({pid, startTime}: Stat): Owner | null => {
      const entry = entries.get(pid);
      if (entry === undefined && this.roleOf(pid) !== null) return NOBODY;
      return entry?.startTime === startTime ? {worker: entry.worker, instance: entry.instance} : null;
    };
    const table = readProcessTable();
    know(attribution, table, familyIn(table, lineage), ownerOf, chosen);
    this.#host.told();
  }

  #hear(record: EventRecord): void {
    const {type, pid, worker, instance, at} = record;
    const {attribution, told} = this.#host;
    if (pid === undefined) return;
    if (type === 'exited') attribution.ended(pid, endIn(record));
    else if (worker !== undefined && instance !== undefined) {
      const owner = {worker, instance};
      if (type === 'spawned') attribution.announce(pid, owner, Date.parse(at), attribution.keeper);
      else if (type === 'orphan-adopted') attribution.announce(pid, owner, Date.parse(at), null);
      else return;
    } else return;
    told();
  }
}

function endIn(record: EventRecord): {readonly code: number | null; readonly signal: SignalName | null} {
  const {code, signal} = record;
  const isSignal = (name: unknown): name is SignalName => typeof name === 'string' && name.startsWith('SIG');
  return {code: typeof code === 'number' ? code : null, signal: isSignal(signal) ? signal : null};
}
