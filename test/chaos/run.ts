/** One run: starts the fleet, strikes and judges blow after blow, and stops the fleet. */
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {cgroupsAreWritable, type Arena} from './arena.ts';
import {BLOWS} from './blows.ts';
import {Growth} from './checks/growth.ts';
import {missingLines} from './checks/lines.ts';
import {identitiesOf} from './checks/mains.ts';
import {leftovers} from './checks/survivors.ts';
import {Failure} from './failure.ts';
import {Field} from './field.ts';
import {ALLOWANCES, holdingsOf} from './holdings.ts';
import {imp, type Round} from './imp.ts';
import {Ledger} from './ledger.ts';
import {Logs} from './logs.ts';
import type {Observation, Observer} from './observation.ts';
import type {RunOptions} from './options.ts';
import {Report} from './report.ts';
import {settle} from './settle.ts';
import {firstFleet, temperOf} from './tempers.ts';
import {Wanted} from './wanted.ts';
import {Watch} from './watch.ts';

/** Approximate bytes per line of a chatty worker (tempers/chatty.awk). */
const LINE_BYTES = 440;
const BLOCKS_PER_SECOND = 2;
/** Approximate output in one rotated file of a chatty worker: the harness may fall behind by ten of them. */
const SECONDS_PER_FILE = 2;

export class Run {
  readonly report: Report;
  readonly #options: RunOptions;
  readonly #arena: Arena;
  readonly #observer: Observer;
  readonly #field: Field;
  readonly #ledger: Ledger;
  readonly #growth = new Growth(ALLOWANCES);
  #logs: Logs;
  #watch: Watch;
  #mains: ReadonlyMap<string, string> = new Map();
  readonly #startedAt = performance.now();

  constructor(options: RunOptions, arena: Arena, observer: Observer) {
    this.#options = options;
    this.#arena = arena;
    this.#observer = observer;
    const first = firstFleet(options.workers);
    const chatty = first.filter(({temper}) => temper === 'chatty').reduce((sum, {instances}) => sum + instances, 0);
    const bytesEach = (options.rate * 1e6) / Math.max(1, chatty);
    const wanted = new Wanted(first);
    this.#field = new Field(arena, observer, wanted, {
      folder: arena.folder,
      programs: join(arena.project, 'test', 'chaos', 'tempers'),
      ledger: arena.ledger,
      instances: wanted.up().size,
      shed: cgroupsAreWritable(),
      chattyLines: Math.max(1, Math.round(bytesEach / LINE_BYTES / BLOCKS_PER_SECOND)),
      chattyMiB: Math.max(1, Math.round((bytesEach * SECONDS_PER_FILE) / 1024 / 1024)),
    });
    this.#ledger = new Ledger(arena.ledger);
    this.#logs = new Logs(arena.logs);
    this.#watch = new Watch(observer, this.#logs);
    this.report = new Report(options, this.#field.places.shed);
  }

  /** Throws {@link Failure}. */
  async toTheEnd(stopped: () => boolean): Promise<void> {
    await this.#up();
    const began = performance.now();
    for (const round of imp(this.#options.seed, BLOWS)) {
      if (stopped() || performance.now() - began > this.#options.durationMs) break;
      await this.#round(round);
    }
    await this.#down();
  }

  close(): void {
    this.#watch.end();
    this.#logs.close();
  }

  async #up(): Promise<void> {
    this.#field.writeFile();
    const {code, out, err} = await this.#arena.run(['up', '-d']);
    if (code !== 0) throw new Failure([`brood up -d: exit ${code}: ${out + err}`]);
    this.#logs = new Logs(this.#arena.logs);
    this.#watch = new Watch(this.#observer, this.#logs);
    this.#watch.begin();
    await this.#settled();
    this.report.began();
  }

  async #round(round: Round): Promise<void> {
    const field = this.#field;
    this.report.round(round);
    field.begin(round.blows.length === 1);
    for (const planned of round.blows) {
      await delay(planned.pauseMs);
      const impossible = planned.blow.impossible?.(field) ?? null;
      this.report.blow(planned, impossible);
      if (impossible !== null) continue;
      await planned.strike.strike(field);
      void field.work();
    }
    await this.#settled();
    this.report.settled(this.#logs, this.#watch, this.#growth);
  }

  async #settled(): Promise<void> {
    const observation = await settle({
      field: this.#field,
      logs: this.#logs,
      ledger: this.#ledger,
      watch: this.#watch,
      before: this.#mains,
      startedAt: this.#startedAt,
    });
    this.#mains = this.#whoRuns(observation);
    const instances = this.#field.wanted.up().size;
    const grown = this.#growth.look(holdingsOf(observation, this.#arena.fleetFolder ?? '', instances));
    if (grown.length > 0) throw new Failure(grown);
  }

  #whoRuns(observation: Observation): Map<string, string> {
    const wanted = this.#field.wanted.up();
    return new Map(
      [...identitiesOf(observation)].filter(([id]) => {
        const temper = wanted.get(id);
        return temper !== undefined && !temperOf(temper).ends;
      }),
    );
  }

  async #down(): Promise<void> {
    this.report.goesDown();
    const {code, out, err} = await this.#arena.run(['down']);
    if (code !== 0) throw new Failure([`brood down: exit ${code}: ${(out + err).slice(0, 1000)}`]);
    this.#watch.end();
    const left = leftovers(this.#observer.look());
    const notes = this.#ledger.read();
    const wrong = this.#logs.poll(true);
    const missing = missingLines(notes, note => this.#logs.has(note));
    const all = [...this.#watch.findings, ...left, ...wrong, ...missing];
    if (all.length > 0) throw new Failure(all);
    this.report.settled(this.#logs, this.#watch, this.#growth);
  }
}
