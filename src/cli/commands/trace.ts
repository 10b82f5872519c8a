import {readSmall, readStat, TICKS_PER_SECOND} from '../../process/stat.ts';
import {Attribution, type AttributedEvent} from '../../process/trace/attribution.ts';
import {ConnectorTrace} from '../../process/trace/connector.ts';
import {SampledTrace, SAMPLE_MS} from '../../process/trace/sampler.ts';
import type {TraceSource} from '../../process/trace/source.ts';
import {commandOf} from '../../process/proc-files.ts';
import {isSet, JSON_OPTION, type Command, type Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {count, formatDuration} from '../../base/format.ts';
import {ALL_OPTION, withScope, type Scope, type Target} from '../target/scope.ts';
import {watchOver} from '../target/supervisor-watch.ts';
import {stopSignal} from '../logs/tail-options.ts';
import {knowAll, TraceOwners} from '../trace/owners.ts';
import {traceRecord, TraceLines} from '../trace/format.ts';

/** The longest delay until the supervisor reports a new run. */
const PATIENCE_MS = 2_000;

export const trace: Command = {
  name: 'trace',
  summary: 'print each fork, exec, setsid and exit as it happens',
  usage: 'trace [NAME|PID] [--all] [--json]',
  description: `Prints the events of the fleet's processes as they happen, each with its worker: also of processes that live for a
millisecond, start their own session or lose their parent. NAME is a worker or an instance, including its later runs;
PID is a process and its descendants, until all of them have exited. The events are read from the kernel's process connector
(root; since Linux 6.6 any user, but not in containers); where it is unavailable, /proc is sampled many times a
second, and the first line reports that. --json prints one JSON object per line.`,
  options: {...ALL_OPTION, ...JSON_OPTION},
  examples: [
    ['trace web', 'the process events of worker web'],
    ['trace --all --json', 'all processes of the machine as JSON'],
  ],
  completes: 'instances',
  execute: context => withScope(context, scope => new Tracing(context, scope).run()),
};

const isMeantBy = (target: Target | null): ((event: AttributedEvent) => boolean) => {
  if (target === null) return () => true;
  if (target.kind === 'pid') return ({chosen}) => chosen;
  const {worker, instance} = target;
  return ({owner}) => owner.worker === worker && (instance === null || owner.instance === instance);
};

/** Returns the command of a process, the name of one that has already ended, or null if the process is gone. */
const programOf = (pid: number): string | null => commandOf(pid) || nameOf(pid);

function nameOf(pid: number): string | null {
  const name = readStat(pid)?.comm;
  return name === undefined ? null : Buffer.from(name, 'latin1').toString();
}

/** Returns the ticks since boot, the unit of start times. */
const bootTicks = (): number => Number(readSmall('/proc/uptime')?.split(' ')[0] ?? Infinity) * TICKS_PER_SECOND;

class Tracing {
  readonly #context: Context;
  readonly #scope: Scope;
  readonly #attribution: Attribution;
  readonly #source: TraceSource;
  /** The reason for sampling /proc, or null if the process connector is used. */
  readonly #sampledSince: string | null;
  readonly #owners: TraceOwners | null;
  /** Aborted when the requested process and all its descendants have ended. */
  readonly #over = new AbortController();
  readonly #stop: AbortSignal;
  readonly #isMeant: (event: AttributedEvent) => boolean;
  readonly #print: (event: AttributedEvent) => void;
  readonly #counts = {fork: 0, exec: 0, setsid: 0, comm: 0, exit: 0};
  readonly #began = performance.now();
  #losses = 0;
  /** The time (ticks since boot) at which all events that had arrived were read. */
  #readAt = bootTicks();
  #patience: NodeJS.Timeout | null = null;
  /** Set while the reader of the output is behind. */
  #draining: Promise<void> | null = null;
  #relearning: Promise<void> = Promise.resolve();

  constructor(context: Context, scope: Scope) {
    const {all, connected, target} = scope;
    this.#context = context;
    this.#scope = scope;
    this.#stop = AbortSignal.any([stopSignal(context.out), this.#over.signal]);
    this.#attribution = new Attribution({all, commandOf: programOf, patienceMs: PATIENCE_MS});
    // The connector listens from here on: events that arrive before the owners are known are read afterwards.
    const connector = ConnectorTrace.open();
    const keeper = (): number | null => this.#attribution.keeper;
    this.#source = connector instanceof ConnectorTrace ? connector : new SampledTrace(keeper);
    this.#sampledSince = connector instanceof ConnectorTrace ? null : connector.unavailable;
    const chosen = target?.kind === 'pid' ? target.pid : null;
    this.#owners =
      connected &&
      new TraceOwners({
        folder: connected.entry.folder,
        attribution: this.#attribution,
        all,
        chosen,
        told: () => void this.#told(),
      });
    this.#isMeant = isMeantBy(target);
    const ids = scope.lineage?.instances.map(({worker, instance}) => `${worker}/${instance}`) ?? [];
    const roleOf = (pid: number): string | null => this.#owners?.roleOf(pid) ?? null;
    const lines = new TraceLines(context.out, roleOf, connected === null ? [] : ['controller', ...ids]);
    const {out} = context;
    this.#print = isSet(context, 'json') ? event => out.json(traceRecord(event)) : event => out.line(lines.line(event));
  }

  async run(): Promise<number> {
    const {connected, all, target} = this.#scope;
    const watch = connected && watchOver(connected.entry.folder, this.#context.err);
    try {
      this.#printNotice(this.#opening());
      if (connected) await this.#owners?.learn(connected.client);
      if (all) knowAll(this.#attribution, target?.kind === 'pid' ? target.pid : null);
      if (target?.kind === 'pid' && this.#attribution.chosen === 0)
        throw new CliError(ExitCode.failed, `no such process: ${target.pid}`);
      this.#source.start({
        isWanted: pid => this.#attribution.knows(pid),
        onEvent: (event, awaitsEnd) => this.#attribution.feed(event, awaitsEnd),
        lost: () => this.#lost(),
        told: () => this.#told(),
      });
      const how = await this.#wait();
      // A user who stops the trace does not wait for pending events.
      if (how === 'ended' || this.#over.signal.aborted) this.#source.finish();
      await this.#relearning;
      this.#flush(true);
      this.#close(how);
      return ExitCode.done;
    } finally {
      watch?.end();
      if (this.#patience) clearTimeout(this.#patience);
      this.#source.close();
      this.#owners?.close();
    }
  }

  async #wait(): Promise<'ended' | 'stopped'> {
    const {connected, all} = this.#scope;
    if (connected && this.#owners) {
      const how = await this.#owners.stay(connected.client, this.#stop);
      if (how === 'stopped' || !all) return how;
    }
    const stop = this.#stop;
    if (!stop.aborted) await new Promise(resolve => stop.addEventListener('abort', resolve, {once: true}));
    return 'stopped';
  }

  /** Prints pending events. The caller waits for the returned promise, if any, before it reads more. */
  #told(): Promise<void> | null {
    this.#readAt = bootTicks();
    if (this.#draining) return this.#draining;
    this.#flush(false);
    const {out} = this.#context;
    if (!out.full) return null;
    this.#draining = out.drained().then(() => {
      this.#draining = null;
      this.#flush(false);
    });
    return this.#draining;
  }

  #flush(all: boolean): void {
    if (this.#patience) clearTimeout(this.#patience);
    this.#patience = null;
    const {out} = this.#context;
    for (const event of this.#attribution.takeEvents(all)) {
      if (!this.#isMeant(event)) continue;
      this.#counts[event.event.type]++;
      this.#print(event);
    }
    out.flush();
    if (this.#scope.target?.kind === 'pid' && this.#attribution.chosen === 0) this.#over.abort();
    if (this.#attribution.isHolding && !this.#stop.aborted)
      this.#patience = setTimeout(() => void this.#told(), PATIENCE_MS / 4);
  }

  #lost(): void {
    this.#losses++;
    this.#flush(true);
    const {out} = this.#context;
    if (isSet(this.#context, 'json')) out.json({at: new Date().toISOString(), type: 'lost'});
    this.#printNotice('events were lost here: they arrived faster than they could be read');
    const ticks = this.#readAt;
    this.#relearning = this.#relearning.then(async () => {
      if (this.#owners) await this.#owners.learnAgain(ticks);
      else knowAll(this.#attribution, null);
    });
  }

  /** Returns the opening notice: the source of the events and its limits. */
  #opening(): string {
    const {err} = this.#context;
    if (this.#sampledSince !== null) {
      return `sampling every ${SAMPLE_MS} ms at best, so shorter-lived processes may be missed: ${this.#sampledSince}`;
    }
    return `reading the process connector: every event is reported${err.isTerminal ? '; Ctrl-C stops' : ''}`;
  }

  #close(how: 'ended' | 'stopped'): void {
    const {out, err} = this.#context;
    if (out.gone.aborted) return;
    const {fork, exec, setsid, exit} = this.#counts;
    const counts = [
      count(fork, 'fork'),
      count(exec, 'exec'),
      count(setsid, 'setsid', 'setsid'),
      count(exit, 'exit'),
    ].join(', ');
    const lost = this.#losses === 0 ? '' : `; events were lost ${count(this.#losses, 'time')}`;
    const {target} = this.#scope;
    const isOver = this.#over.signal.aborted && target?.kind === 'pid';
    const end = isOver
      ? `process ${target.pid} and all its descendants have exited. `
      : how === 'ended'
        ? `fleet ${this.#owners?.lineage?.fleet ?? ''} is down. `
        : '';
    if (end !== '' || err.isTerminal || !isSet(this.#context, 'json'))
      this.#printNotice(`${end}${counts} in ${formatDuration(performance.now() - this.#began)}${lost}`);
  }

  #printNotice(words: string): void {
    const {err, out} = this.#context;
    out.flush();
    err.line(err.paint('dim', words));
    err.flush();
  }
}
