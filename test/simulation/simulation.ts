/**
 * A fleet's whole life in a world that chance makes: processes that crash, hang and linger, people who change their
 * minds, controllers that die between any two moments. After each step everything that was promised is checked.
 */
import type {FleetSpec} from '../../src/fleet/types.ts';
import {reconcile} from '../../src/controller/start/reconcile.ts';
import type * as supervisor from '../../src/supervisor/index.ts';
import type {Effect, FleetPlan, Core, Input, Instance, Time} from '../../src/supervisor/index.ts';
import {auditFleet, isOverdue, momentOf} from './audit.ts';
import {CALENDAR} from './calendar.ts';
import {Commits} from './commits.ts';
import {randomCommand, scopeOf} from './commands.ts';
import {Broken, promise} from './failure.ts';
import {checkPlan} from './plan.ts';
import {editedFleet, randomFleet} from './fleets.ts';
import {CALM, FakeKeeper, type Weather} from './keeper.ts';
import {Model} from './model.ts';
import {Prng} from './prng.ts';
import {randomLimits} from './rate.ts';

/** The core under test: the real one, or one with a planted bug. */
export type CoreModule = Pick<typeof supervisor, 'createCore' | 'restoreCore' | 'planFor'>;

/** A story that went wrong, and how to see it again. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure';
}

/** How many of the last inputs and effects a failure shows. */
const SHOWN = 60;
/** A calm fleet comes to rest long before. */
const MAX_CALM_STEPS = 20_000;
/** Every so many steps the snapshot is read back. */
const ROUND_TRIP_EVERY = 251;

/** Lives through `steps` steps of the story that the seed tells. @throws SimulationFailure at the first broken promise. */
export function simulate(seed: number, steps: number, core: CoreModule): void {
  const story = new Story(seed, core);
  try {
    story.live(steps);
  } catch (error) {
    // A planted bug may also make the core throw, or run out of stack: that is found, too.
    const what = error instanceof Broken ? error.message : String(error instanceof Error ? error.stack : error);
    throw new SimulationFailure(
      `seed ${seed}, step ${story.steps}: ${what}\n\nThe last that happened:\n${story.tale()}\n\n` +
        `Again: BROOD_SEED=${seed} npx vitest run test/simulation`,
    );
  }
}

/** While nothing can be recorded: what was recorded last, and what the keeper may not forget meanwhile. */
interface FullDisk {
  readonly snapshot: string;
  readonly withheld: Effect[];
}

class Story {
  steps = 0;
  readonly #rng: Prng;
  readonly #module: CoreModule;
  readonly #options: supervisor.CoreOptions;
  readonly #keeper: FakeKeeper;
  readonly #model: Model;
  readonly #commits = new Commits();
  #lossRate: number;
  readonly #commandRate: number;
  readonly #fullRate: number;
  #full: FullDisk | null = null;
  readonly #recent: (Input | Effect | string)[] = [];
  #core: Core;
  /** What the fleet file says. */
  #file: FleetSpec;
  /** Whether only the file has said who is there, so that applying it again must change nothing. */
  #asFile = true;
  #mono = 1000;
  #wall = 1_700_000_000_000;
  #tokens = 0;

  constructor(seed: number, module: CoreModule) {
    this.#rng = new Prng(seed);
    const jitter = new Prng(seed ^ 0x5bd1e995);
    const limits = randomLimits(new Prng(seed ^ 0x27d4eb2f));
    this.#options = {newToken: () => `run-${++this.#tokens}`, random: () => jitter.next(), calendar: CALENDAR, limits};
    this.#model = new Model(limits);
    this.#module = module;
    this.#lossRate = this.#rng.pick([0, 0.005, 0.05]);
    this.#commandRate = this.#rng.pick([0.02, 0.1, 0.3]);
    this.#fullRate = this.#rng.pick([0, 0, 0.02]);
    this.#keeper = new FakeKeeper(this.#rng, randomWeather(this.#rng));
    this.#file = randomFleet(this.#rng);
    this.#core = module.createCore(this.#file, this.#options);
    this.#model.adopt(this.#core);
    this.#commits.take(this.#core);
  }

  /** Storm, then calm, then down; and all must have come to rest. */
  live(steps: number): void {
    this.#say({type: 'tick'});
    for (this.steps = 1; this.steps <= steps; this.steps++) this.#step();
    this.#calmDown();
    this.#checkRest();
    this.#say({type: 'down', now: this.#rng.chance(0.3)});
    this.#comeToRest(() => this.#core.isDown);
    promise(this.#keeper.lives.size === 0, () => `after down, the keeper still has ${this.#tokensKept()}`);
    for (const {id, status} of this.#core.instances())
      promise(status === 'stopped', () => `${id} is ${status} after down`);
  }

  tale(): string {
    return this.#recent.map(part => (typeof part === 'string' ? part : JSON.stringify(part))).join('\n');
  }

  #step(): void {
    const rng = this.#rng;
    if (this.#full ? rng.chance(0.03) : rng.chance(this.#fullRate)) this.#fillDisk(this.#full === null);
    if (rng.chance(this.#commandRate)) this.#command();
    else if (rng.chance(0.45)) this.#hear();
    else if (rng.chance(0.6)) this.#processes();
    else if (rng.chance(0.5)) this.#probes();
    else if (rng.chance(0.3)) this.#checkFails();
    else if (rng.chance(0.3)) this.#sayings();
    else if (rng.chance(0.85)) this.#passTime();
    else this.#stranger();
    if (this.steps % ROUND_TRIP_EVERY === 0) this.#roundTrip();
  }

  /** The controller hears the next fact. */
  #hear(): boolean {
    const fact = this.#keeper.facts.shift();
    if (fact === undefined) return false;
    this.#say(fact);
    return true;
  }

  #processes(): void {
    const lives = [...this.#keeper.lives.values()];
    if (lives.length > 0) this.#keeper.progress(this.#rng.pick(lives), this.#mono);
  }

  #probes(): boolean {
    const probing = [...this.#keeper.probing];
    if (probing.length === 0) return false;
    this.#say({type: 'probe-ready', token: this.#rng.pick(probing)});
    return true;
  }

  /** As many health checks of somebody have failed as may; the word of it may come late. */
  #checkFails(): void {
    const checked = [...this.#core.instances()].filter(
      ({worker, run}) => run !== null && this.#core.specOf(worker).health !== null,
    );
    const ready = checked.filter(({status}) => status === 'ready');
    const some = ready.length > 0 && this.#rng.chance(0.8) ? ready : checked;
    if (some.length === 0) return;
    const {run} = this.#rng.pick(some);
    if (run === null) return;
    const badForMs = this.#rng.pick([0, 500, 15_000, 60_000]);
    this.#say({type: 'health-failed', token: run.token, message: 'timed out', failures: 3, badForMs});
  }

  /** Somebody says something of itself. */
  #sayings(): void {
    const lives = [...this.#keeper.lives.values()];
    const said = lives.length === 0 ? null : this.#keeper.says(this.#rng.pick(lives));
    if (said !== null) this.#say(said);
  }

  /** Whoever has not said that it is ready does so. */
  #allReady(): boolean {
    const {facts} = this.#keeper;
    for (const life of this.#keeper.lives.values()) if (!life.ready) this.#keeper.saysReady(life);
    return facts.length > 0;
  }

  #passTime(): void {
    const due = this.#core.nextDeadline();
    if (due !== null && this.#rng.chance(0.6)) this.#proceed(due - this.#mono);
    else this.#proceed(this.#rng.pick([0, 1, 30, 400, 6000, 60_000]));
    // Somebody sets the clock, or the machine was suspended; only schedules may care.
    if (this.#rng.chance(0.05))
      this.#wall += this.#rng.pick([this.#rng.int(2_000_000) - 1_000_000, 30_000, -86_400_000]);
    const hearer = this.#core;
    const mono = this.#mono;
    this.#say({type: 'tick'});
    const next = hearer.nextDeadline();
    promise(next === null || next > mono, () => `after a tick at ${mono}, ${String(next)} is still due`);
    // Looked for one by one: a queue that is out of order would hide it.
    for (const i of hearer.instances())
      promise(!isOverdue(i, mono), () => `${i.id} is overdue after a tick at ${mono}`);
  }

  /** By the wall clock too. */
  #proceed(ms: number): void {
    this.#mono += Math.max(0, ms);
    this.#wall += Math.max(0, ms);
  }

  /** Somebody stops or continues a process, or speaks of runs that there never were. */
  #stranger(): void {
    const lives = [...this.#keeper.lives.values()];
    if (lives.length > 0 && this.#rng.chance(0.7)) {
      this.#keeper.freeze(this.#rng.pick(lives), this.#rng.chance(0.5));
      return;
    }
    const token = `stray-${this.#rng.int(1000)}`;
    const stray = this.#rng.pick<Input>([
      {type: 'exited', token, code: 0, signal: null, at: 0},
      {type: 'cleared', token, proof: 'lineage', survivors: []},
      {type: 'spawned', token, pid: 1, startTime: '1', at: 0},
      {type: 'probe-ready', token},
      {type: 'health-failed', token, message: 'timed out', failures: 1, badForMs: 0},
      {type: 'said-ready', token},
      {type: 'main-process', token, pid: 1, startTime: '1'},
      {type: 'watchdog-missed', token, asked: true},
      {type: 'paused', token},
    ]);
    this.#say(stray);
  }

  #command(): void {
    if (this.#rng.chance(0.1)) {
      this.#applyAgain();
      return;
    }
    const edited = (): FleetSpec => editedFleet(this.#rng, this.#file);
    const command = randomCommand(this.#rng, this.#core, edited);
    if (command === null) return;
    if (this.#say(command) === 'lost') return;
    if (command.type === 'configure') {
      this.#file = command.fleet;
      this.#asFile = this.#core.added().length === 0;
    } else if (command.type === 'add' || command.type === 'remove' || command.type === 'scale') this.#asFile = false;
  }

  /** What the core says that a fleet file would do; nothing may come of the question. */
  #plan(fleet: FleetSpec): FleetPlan {
    const before = this.#core.snapshot();
    let tokens = 0;
    const options = {...this.#options, newToken: () => `copy-${++tokens}`, random: () => 0.5};
    const plan = this.#module.planFor(this.#core, fleet, options, this.#time());
    promise(this.#core.snapshot() === before, () => 'a plan has changed the state');
    return plan;
  }

  #applyAgain(): void {
    const due = this.#core.nextDeadline();
    // What is due anyway would be done by any input.
    if (!this.#asFile || (due !== null && due <= this.#mono)) return;
    const {workers, groups, channels} = this.#plan(this.#file);
    promise(workers.length + groups.length + channels.length === 0, () => 'a fleet file without a change has a plan');
    const effects = this.#core.handle({type: 'configure', fleet: structuredClone(this.#file)}, this.#time());
    promise(effects.length === 0, () => `a fleet file without a change did ${JSON.stringify(effects)}`);
  }

  /** Tells the core, checks what it does, and lets the keeper do that; unless the controller dies meanwhile. */
  #say(input: Input): 'heard' | 'lost' {
    const dies = this.#rng.chance(this.#lossRate);
    const committed = dies ? this.#core.snapshot() : '';
    if (dies && this.#full === null)
      promise(this.#commits.text === committed, () => 'what was committed is not the state');
    const scope = scopeOf(input, this.#core);
    const unmoved = this.#unmovedBy(input);
    if (input.type === 'down') this.#model.hasty ||= input.now;
    const time = this.#time();
    this.#note(input);
    const planned = input.type === 'configure' ? this.#plan(input.fleet) : null;
    const effects = this.#core.handle(input, time);
    if (planned !== null && !this.#core.isStopping) checkPlan(planned, effects, this.#core);
    for (const effect of effects) this.#note(effect);
    const isMoved = unmoved !== undefined && this.#core.get(unmoved.id)?.status !== unmoved.status;
    promise(!isMoved, () => `${unmoved?.id ?? ''} is believed to be ready, though others are to be asked`);
    const moment = momentOf(this.#core);
    this.#model.check({input, effects, core: this.#core, time, moment, scope});
    auditFleet(this.#core, moment);
    // Before the commit: it never happened. After it: of what it wants, the first few may have got out.
    if (dies && this.#rng.chance(0.5) && input.type !== 'down') {
      this.#lose(committed);
      return 'lost';
    }
    const delivered = dies ? this.#rng.int(effects.length + 1) : effects.length;
    for (let i = 0; i < delivered; i++) this.#deliver(effects[i]);
    if (this.#full === null) this.#commits.take(this.#core);
    // What could not be recorded is not remembered.
    const remembered = !dies || this.#full === null;
    if (dies) this.#lose(this.#core.snapshot());
    this.#checkProbes();
    return remembered ? 'heard' : 'lost';
  }

  /** Whose own word is nothing to anybody. */
  #unmovedBy(input: Input): Instance | undefined {
    const instance = input.type === 'said-ready' ? this.#core.byToken(input.token) : undefined;
    const kind = instance && this.#core.specOf(instance.worker).ready?.kind;
    return kind === 'notify' || kind === 'fd' ? undefined : instance;
  }

  /**
   * Who is asked whether it is ready is starting, and who has a deadline for it is asked, or says so by itself. Watchdogs
   * of those count that are ready and run.
   */
  #checkProbes(): void {
    const {probing, watched} = this.#keeper;
    for (const token of probing) {
      promise(this.#core.byToken(token)?.status === 'starting', () => `${token} is asked, but not starting`);
    }
    const counts = new Set<string>();
    for (const {id, worker, run, status, leaving} of this.#core.instances()) {
      const {ready, watchdogMs} = this.#core.specOf(worker);
      const says = ready?.kind === 'notify' || ready?.kind === 'fd';
      promise(run?.readyBy == null || says || probing.has(run.token), () => `${id} should be ready, but nobody asks`);
      if (run === null || status !== 'ready' || run.pausedAt !== null) continue;
      counts.add(run.token);
      // One that comes back with another definition before it has left is counted as it was.
      if (!this.#file.workers.some(({name}) => name === worker) || run.ending !== null || leaving) continue;
      const counted = watchdogMs !== null || ready?.kind === 'notify';
      promise(!counted || watched.has(run.token), () => `nobody counts for the watchdog of ${id}`);
    }
    for (const token of watched) {
      const instance = this.#core.byToken(token);
      const {ready, watchdogMs} = instance ? this.#core.specOf(instance.worker) : {ready: null, watchdogMs: null};
      const isHeard = watchdogMs !== null || ready?.kind === 'notify';
      promise(!isHeard || counts.has(token), () => `the watchdog of ${token} is counted, but ${token} can't feed it`);
    }
  }

  #deliver(effect: Effect | undefined): void {
    if (effect?.type === 'forget' && this.#full) this.#full.withheld.push(effect);
    else if (effect !== undefined) this.#keeper.obey(effect, this.#mono);
  }

  #fillDisk(full: boolean): void {
    this.#note(full ? '-- the disk is full' : '-- there is room again');
    const withheld = this.#full?.withheld ?? [];
    this.#full = full ? {snapshot: this.#core.snapshot(), withheld: []} : null;
    if (!full) this.#commits.take(this.#core);
    for (const effect of withheld) this.#deliver(effect);
  }

  /** Time passes until the next controller has come, and somebody may have set the clock meanwhile. */
  #passBy(): void {
    this.#proceed(this.#rng.pick([0, 0, 200, 5000]));
    this.#wall += this.#rng.pick([0, 10, 3_600_000, -3_600_000]);
  }

  #lose(snapshot: string): void {
    if (this.#full) {
      this.#loseUnrecorded(this.#full.snapshot);
      return;
    }
    this.#note('-- the controller is lost, another one goes on');
    this.#passBy();
    this.#keeper.reconnect();
    const {core, effects} = this.#module.restoreCore(snapshot, this.#options);
    promise(core.snapshot() === snapshot, () => 'a restored core has another snapshot');
    this.#core = core;
    this.#model.adopt(core);
    for (const effect of effects) {
      this.#note(effect);
      this.#deliver(effect);
    }
  }

  /** The next one has an old state, and takes over what it finds. */
  #loseUnrecorded(snapshot: string): void {
    this.#note('-- the controller is lost, and what it did could not be recorded');
    this.#passBy();
    this.#keeper.reconnect();
    this.#keeper.facts.length = 0;
    this.#full = {snapshot, withheld: []};
    const {core, effects} = this.#module.restoreCore(snapshot, this.#options);
    this.#core = core;
    this.#asFile = false;
    const lived = new Map(Array.from(this.#keeper.lives.values(), life => [life.token, life.phase]));
    const {inputs, replaced, strays} = reconcile(core, this.#keeper.runs(), this.#wall, () => 0);
    const again = effects.filter(effect => !('token' in effect && replaced.has(effect.token)));
    for (const input of inputs) {
      this.#note(input);
      again.push(...core.handle(input, this.#time()));
    }
    for (const effect of again) {
      this.#note(effect);
      this.#deliver(effect);
    }
    for (const {token, id} of strays) {
      promise(
        !core.workers().some(({name}) => id.startsWith(`${name}/`)),
        () => `${id} (${token}) is taken for a stray`,
      );
      this.#keeper.kill(token);
    }
    // Whoever lived and is still wanted lives on, as the one that it was.
    for (const {id, run, wanted} of core.instances()) {
      const own = [...this.#keeper.lives.values()].find(life => life.id === id && lived.get(life.token) === 'living');
      promise(
        own === undefined || wanted === 'down' || run?.token === own.token,
        () => `${id} lost ${own?.token ?? ''}`,
      );
    }
    auditFleet(core, momentOf(core));
    this.#model.adopt(core);
  }

  #roundTrip(): void {
    const text = this.#core.snapshot();
    const {core} = this.#module.restoreCore(text, this.#options);
    promise(core.snapshot() === text, () => 'a restored core has another snapshot');
    const due = this.#core.nextDeadline();
    // One that waits for a tick, or was itself restored just now, has something to do yet.
    if (due !== null && due <= this.#mono) return;
    promise(core.isDown === this.#core.isDown, () => 'a restored core counts otherwise');
    const effects = core.handle({type: 'pause', ids: []}, this.#time());
    promise(effects.length === 0, () => `a restored core does more than the first: ${JSON.stringify(effects)}`);
    promise(core.nextDeadline() === due, () => 'a restored core has other deadlines');
  }

  /** No more crashes and commands: whatever can come to rest does. */
  #calmDown(): void {
    this.#keeper.weather = CALM;
    if (this.#full) this.#fillDisk(false);
    const lossRate = this.#lossRate;
    // Nobody would say it again.
    this.#lossRate = 0;
    this.#say({type: 'resume', ids: Array.from(this.#core.instances(), ({id}) => id)});
    for (const life of this.#keeper.lives.values()) this.#keeper.freeze(life, false);
    this.#lossRate = lossRate;
    this.#comeToRest(() => [...this.#core.instances()].every(atRest));
  }

  #comeToRest(done: () => boolean): void {
    for (let i = 0; i < MAX_CALM_STEPS; i++) {
      if (this.#hear() || this.#probes() || this.#allReady()) continue;
      let moved = false;
      for (const life of [...this.#keeper.lives.values()]) moved = this.#keeper.progress(life, this.#mono) || moved;
      if (moved) continue;
      if (done()) return;
      const times = [...this.#keeper.lives.values()].map(({killAt}) => killAt).filter(at => at > this.#mono);
      const next = Math.min(this.#core.nextDeadline() ?? Infinity, ...times);
      promise(next < Infinity, () => `nothing will ever happen again: ${JSON.stringify([...this.#core.instances()])}`);
      this.#proceed(next - this.#mono);
      this.#say({type: 'tick'});
    }
    throw new Broken('it never comes to rest');
  }

  #checkRest(): void {
    const running = new Set<string>();
    for (const {id, status, wanted, run} of this.#core.instances()) {
      promise((status === 'stopped') === (wanted === 'down'), () => `${id} is wanted ${wanted}, and ${status}`);
      if (run !== null) running.add(run.token);
    }
    for (const {token, phase} of this.#keeper.lives.values()) {
      promise(running.has(token) && phase === 'living', () => `${token} (${phase}) was never forgotten`);
    }
    promise(running.size === this.#keeper.lives.size, () => `the core has runs that there are not`);
  }

  #tokensKept(): string {
    return [...this.#keeper.lives.keys()].join(', ');
  }

  #time(): Time {
    return {mono: this.#mono, wall: this.#wall};
  }

  #note(what: Input | Effect | string): void {
    this.#recent.push(what);
    if (this.#recent.length > 4 * SHOWN) this.#recent.splice(0, this.#recent.length - SHOWN);
  }
}

function atRest({status, clearing}: Instance): boolean {
  return clearing === null && ['ready', 'finished', 'failed', 'pending', 'stopped'].includes(status);
}

function randomWeather(rng: Prng): Weather {
  return {
    crash: rng.pick([0.01, 0.1, 0.5]),
    spawnFails: rng.pick([0, 0.05, 0.4]),
    deaf: rng.pick([0, 0.2]),
    survivors: rng.pick([0, 0.1]),
    hangs: rng.pick([0, 0.05, 0.3]),
  };
}
