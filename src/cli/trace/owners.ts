/** What the supervisor tells of a traced fleet: whose processes are whose now, and the first process of each new run. */
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
  /** Every process is traced, and not the fleet's alone. */
  readonly all: boolean;
  /** The process that is traced, with all that comes from it; null: another choice. */
  readonly chosen: number | null;
  /** Something was told. */
  readonly told: () => void;
}

/** The processes of a fleet, parents first: the supervisor's tree, and what has left it. */
function familyIn(table: ProcessTable, {anchor, keeper, processes}: LineageReport): Set<Stat> {
  const roots = [anchor, keeper].filter(pid => pid !== null);
  const family = new Set(roots.flatMap(pid => table.treeOf(pid)));
  for (const {pid, startTime} of processes) {
    if (table.get(pid)?.startTime === startTime) for (const stat of table.treeOf(pid)) family.add(stat);
  }
  return family;
}

/** Notes every process of the machine; those that are not known by now are nobody's. */
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

/** Waits until one of both has come; whether it is the end of the connection. */
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

  /** Learns whose is whose from a connection, and hears of what is new for as long as that lasts. */
  async learn(client: Client): Promise<void> {
    this.#client = client;
    client.onEvent(record => this.#hear(record));
    // In this order: what begins in between is told twice, and not missed.
    await client.call('watch', {});
    this.#applyLineage(await client.call('lineage', {}));
    client.ref();
  }

  /** What is known may be wrong: all is asked and looked at again. Processes that began before `ticks` are what they were. */
  async learnAgain(ticks: number): Promise<void> {
    const table = readProcessTable();
    const isKept = (pid: number): boolean => Number(table.get(pid)?.startTime ?? Infinity) <= ticks;
    this.#host.attribution.keepOnly(isKept);
    try {
      // Else the next connection tells.
      if (this.#client?.closed === false) this.#applyLineage(await this.#client.call('lineage', {}));
    } catch (error) {
      if (!(error instanceof ConnectionLostError) && !(error instanceof RpcError)) throw error;
    }
    if (this.#host.all) knowAll(this.#host.attribution, this.#host.chosen);
  }

  /** Stays connected, through every change of controller; comes back when the fleet has ended, or `signal` says so. */
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
