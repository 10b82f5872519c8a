/** The state of a story: the core under test, and the simulated keeper, users, disk and clocks around it. */
import type {FleetSpec} from '../../../src/fleet/types.ts';
import type {Core, CoreOptions, Effect} from '../../../src/supervisor/index.ts';
import {CALENDAR} from '../calendar.ts';
import {Commits} from '../commits.ts';
import type {CoreModule} from '../core-module.ts';
import {violated} from '../failure.ts';
import {randomFleet} from '../fleets.ts';
import {randomFaultRates} from '../keeper/faults.ts';
import {FakeKeeper} from '../keeper.ts';
import {Model} from '../model.ts';
import {Prng} from '../prng.ts';
import {randomLimits} from '../rate.ts';
import {Clock} from './clock.ts';
import {Trace} from './trace.ts';

/** A disk on which nothing can be recorded. */
interface FullDisk {
  /** The last recorded state. */
  readonly snapshot: string;
  /** `forget` effects, which may not reach the keeper before the end of the run is recorded. */
  readonly withheld: Effect[];
}

export class World {
  readonly rng: Prng;
  readonly module: CoreModule;
  readonly options: CoreOptions;
  readonly keeper: FakeKeeper;
  readonly model: Model;
  readonly commits = new Commits();
  readonly clock = new Clock();
  readonly trace = new Trace();
  /** How often the controller is lost while it handles an input. */
  lossRate: number;
  readonly commandRate: number;
  /** How often the disk becomes full. */
  readonly fullRate: number;
  /** Null while the disk has room. */
  fullDisk: FullDisk | null = null;
  core: Core;
  /** The fleet file. */
  file: FleetSpec;
  /** Only the file has determined the workers, so that applying it again must change nothing. */
  isAsFile = true;
  #tokens = 0;

  constructor(seed: number, module: CoreModule) {
    this.rng = new Prng(seed);
    const jitter = new Prng(seed ^ 0x5bd1e995);
    const limits = randomLimits(new Prng(seed ^ 0x27d4eb2f));
    this.options = {
      newToken: () => `run-${++this.#tokens}`,
      random: () => jitter.next(),
      calendar: CALENDAR,
      limits,
      violated,
    };
    this.model = new Model(limits);
    this.module = module;
    this.lossRate = this.rng.pick([0, 0.005, 0.05]);
    this.commandRate = this.rng.pick([0.02, 0.1, 0.3]);
    this.fullRate = this.rng.pick([0, 0, 0.02]);
    this.keeper = new FakeKeeper(this.rng, randomFaultRates(this.rng));
    this.file = randomFleet(this.rng);
    this.core = module.createCore(this.file, this.options);
    this.model.adopt(this.core);
    this.commits.take(this.core);
  }

  /** Sends an effect to the keeper. While the disk is full, `forget` is withheld. */
  perform(effect: Effect): void {
    if (effect.type === 'forget' && this.fullDisk) this.fullDisk.withheld.push(effect);
    else this.keeper.apply(effect, this.clock.mono);
  }

  /** Notes effects in the trace and sends them to the keeper. */
  performAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      this.trace.note(effect);
      this.perform(effect);
    }
  }

  fillDisk(): void {
    this.trace.note('-- the disk is full');
    this.fullDisk = {snapshot: this.core.snapshot(), withheld: []};
  }

  /** Commits the state and performs the withheld effects. */
  freeDisk(): void {
    this.trace.note('-- there is room again');
    const withheld = this.fullDisk?.withheld ?? [];
    this.fullDisk = null;
    this.commits.take(this.core);
    for (const effect of withheld) this.perform(effect);
  }
}
