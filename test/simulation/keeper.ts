/**
 * A keeper that does not exist: it knows runs by their tokens, refuses a token that it knows, remembers each end until
 * it may forget it, and says everything again to a new controller. What its processes do, chance decides.
 */
import type {RunFact} from '../../src/link/runs.ts';
import type {SignalName} from '../../src/base/signal-name.ts';
import type {Effect, Input} from '../../src/supervisor/types.ts';
import {promise} from './failure.ts';
import {MEMORY_LIMIT} from './fleets.ts';
import type {Prng} from './prng.ts';

type Fact = Extract<Input, {readonly token: string}>;

/** One run as the kernel and the keeper know it. */
export interface Life {
  readonly token: string;
  readonly id: string;
  phase: 'asked' | 'living' | 'exited' | 'cleared' | 'failed';
  /** Of its main process. */
  pid: number;
  /** It has said so. */
  ready: boolean;
  /** Ignores the stop signal: only SIGKILL, at `killAt`, ends it. */
  readonly deaf: boolean;
  ending: boolean;
  clearing: boolean;
  frozen: boolean;
  /** CLOCK_MONOTONIC, ms: when SIGKILL is due. */
  killAt: number;
  /** The facts that were told, for a controller that comes later. */
  readonly told: Fact[];
}

/** How the processes behave. */
export interface Weather {
  readonly crash: number;
  readonly spawnFails: number;
  readonly deaf: number;
  readonly survivors: number;
  /** How often one does not feed its watchdog. */
  readonly hangs: number;
}

export const CALM: Weather = {crash: 0, spawnFails: 0, deaf: 0, survivors: 0, hangs: 0};

const SHORTAGES = ['EAGAIN', 'EMFILE', 'ENOMEM'];

function find<T extends Fact['type']>(told: readonly Fact[], type: T): Extract<Fact, {type: T}> | null {
  return told.find((fact): fact is Extract<Fact, {type: T}> => fact.type === type) ?? null;
}

export class FakeKeeper {
  readonly lives = new Map<string, Life>();
  /** What the controller has not heard yet, in order. */
  readonly facts: Fact[] = [];
  /** Runs about which a probe is asking; they are the controller's and die with it. */
  readonly probing = new Set<string>();
  /** Runs whose watchdogs are counted; as `probing`. */
  readonly watched = new Set<string>();
  readonly #latest = new Map<string, Life>();
  readonly #rng: Prng;
  weather: Weather;
  #pid = 100;

  constructor(rng: Prng, weather: Weather) {
    this.#rng = rng;
    this.weather = weather;
  }

  obey(effect: Effect, mono: number): void {
    switch (effect.type) {
      case 'spawn':
        this.#spawn(effect.token, effect.id);
        return;
      case 'end':
        this.#end(this.#known(effect), mono, effect.timeoutMs);
        return;
      case 'clear':
        this.#clear(this.#known(effect), mono, effect.graceMs);
        return;
      case 'forget':
        this.#forget(effect.token);
        return;
      case 'probe':
        this.probing.add(effect.token);
        return;
      case 'unprobe':
        this.probing.delete(effect.token);
        return;
      case 'watchdog':
        this.watched.add(effect.token);
        return;
      case 'unwatchdog':
        this.watched.delete(effect.token);
        return;
      case 'signal':
        this.#known(effect);
        return;
      case 'freeze':
      case 'thaw':
        this.freeze(this.#known(effect), effect.type === 'freeze');
        return;
      case 'journal':
        return;
    }
  }

  /** The controller is gone, and with it all that it had not heard; a new one hears all that is not forgotten. */
  reconnect(): void {
    this.facts.length = 0;
    this.probing.clear();
    this.watched.clear();
    for (const life of this.lives.values()) this.#tellAgain(life);
  }

  /** All that it knows, as it tells a controller that comes. */
  runs(): RunFact[] {
    return Array.from(this.lives.values(), ({token, id, pid, ready, frozen, told}) => {
      const born = find(told, 'spawned');
      const exit = find(told, 'exited');
      const failure = find(told, 'spawn-failed');
      const cleared = find(told, 'cleared');
      return {
        token,
        id,
        pid: born ? pid : null,
        startTime: born ? String(pid) : null,
        startedAt: born?.at ?? null,
        adopted: false,
        paused: frozen,
        logStart: {out: 0, err: 0},
        exit: exit && {code: exit.code, signal: exit.signal, at: exit.at, ...(exit.oom && {oom: exit.oom})},
        failure,
        notice: ready ? {ready} : null,
        cleared: cleared && {proof: cleared.proof, survivors: cleared.survivors},
        unenforced: {memory: null, cpu: null},
      };
    });
  }

  /** Something happens to one run, or nothing. */
  progress(life: Life, mono: number): boolean {
    switch (life.phase) {
      case 'asked':
        return this.#born(life);
      case 'living':
        return life.ending ? this.#dies(life, mono) : this.#crashes(life);
      case 'exited':
        return (life.ending || life.clearing) && this.#isCleared(life, mono);
      case 'cleared':
      case 'failed':
        return false;
    }
  }

  /** It ends at once, and nobody is told. */
  kill(token: string): void {
    const life = this.lives.get(token);
    if (life) life.phase = 'cleared';
    this.lives.delete(token);
  }

  /** By brood or by a stranger: the main process stops or goes on. */
  freeze(life: Life, frozen: boolean): void {
    if (life.phase !== 'living' || life.frozen === frozen || (frozen && life.ending)) return;
    life.frozen = frozen;
    this.facts.push({type: frozen ? 'paused' : 'continued', token: life.token});
  }

  /** What it says of itself, or what follows from its silence; null: nothing. */
  says(life: Life): Fact | null {
    const {token} = life;
    if (life.phase !== 'living') return null;
    const isSilent = this.watched.has(token) && this.#rng.chance(this.weather.hangs);
    if (isSilent) return {type: 'watchdog-missed', token, asked: false};
    if (this.#rng.chance(0.05)) return {type: 'memory-exceeded', token, bytes: 2 * MEMORY_LIMIT};
    if (this.#rng.chance(life.frozen ? 0.2 : 0.02))
      return {type: 'zombie-left', token, pid: life.pid + 1, name: 'child'};
    if (this.#rng.chance(0.8)) {
      this.saysReady(life);
      return null;
    }
    if (this.#rng.chance(0.5)) return {type: 'extend', token, ms: this.#rng.pick([0, 100, 7000])};
    life.pid = ++this.#pid;
    this.#tell(life, {type: 'main-process', token, pid: life.pid, startTime: String(life.pid)});
    return null;
  }

  saysReady(life: Life): void {
    if (life.phase !== 'living' || life.ready) return;
    life.ready = true;
    this.#tell(life, {type: 'said-ready', token: life.token});
  }

  #spawn(token: string, id: string): void {
    const known = this.lives.get(token);
    if (known !== undefined) {
      this.#tellAgain(known);
      return;
    }
    const before = this.#latest.get(id);
    promise(
      before === undefined || before.phase === 'cleared' || before.phase === 'failed',
      () => `${id} is spawned as ${token} while ${before?.token ?? ''} is ${before?.phase ?? ''}`,
    );
    const life: Life = {
      token,
      id,
      phase: 'asked',
      pid: ++this.#pid,
      ready: false,
      deaf: this.#rng.chance(this.weather.deaf),
      ending: false,
      clearing: false,
      frozen: false,
      killAt: Infinity,
      told: [],
    };
    this.lives.set(token, life);
    this.#latest.set(id, life);
  }

  #end(life: Life, mono: number, timeoutMs: number): void {
    if (life.phase === 'cleared' || life.phase === 'failed') this.#tellAgain(life);
    life.ending = true;
    life.frozen = false;
    life.killAt = Math.min(life.killAt, mono + timeoutMs);
  }

  #clear(life: Life, mono: number, graceMs: number): void {
    promise(
      life.phase === 'exited' || life.phase === 'cleared',
      () => `clear of ${life.token}, which is ${life.phase}`,
    );
    if (life.phase === 'cleared') this.#tellAgain(life);
    life.clearing = true;
    life.killAt = Math.min(life.killAt, mono + graceMs);
  }

  #forget(token: string): void {
    const life = this.lives.get(token);
    this.watched.delete(token);
    if (life === undefined) return;
    promise(
      life.phase === 'cleared' || life.phase === 'failed',
      () => `${life.id} (${token}) is to be forgotten, but is ${life.phase}`,
    );
    this.lives.delete(token);
  }

  #known({type, token}: {readonly type: string; readonly token: string}): Life {
    const life = this.lives.get(token);
    promise(life !== undefined, () => `${type} of ${token}, which the keeper does not know`);
    return life;
  }

  #born(life: Life): boolean {
    if (this.#rng.chance(this.weather.spawnFails)) {
      life.phase = 'failed';
      const shortage = this.#rng.chance(0.5);
      const code = shortage ? this.#rng.pick(SHORTAGES) : 'ENOENT';
      this.#tell(life, {
        type: 'spawn-failed',
        token: life.token,
        code,
        message: `${code}: /bin/x`,
        at: 0,
        shortage,
      });
    } else {
      life.phase = 'living';
      this.#tell(life, {type: 'spawned', token: life.token, pid: life.pid, startTime: String(life.pid), at: 0});
    }
    return true;
  }

  #dies(life: Life, mono: number): boolean {
    if (life.deaf && mono < life.killAt) return false;
    this.#exits(life, life.deaf ? null : this.#rng.pick([0, 1, null]), life.deaf ? 'SIGKILL' : 'SIGTERM');
    return true;
  }

  #crashes(life: Life): boolean {
    if (life.frozen || !this.#rng.chance(this.weather.crash)) return false;
    const [code, signal] = this.#rng.pick<readonly [number | null, SignalName | null]>([
      [0, null],
      [1, null],
      [3, null],
      [null, 'SIGSEGV'],
      [null, 'SIGTERM'],
      [null, 'SIGKILL'],
      [null, null],
    ]);
    this.#exits(life, code, signal);
    return true;
  }

  #exits(life: Life, code: number | null, signal: SignalName | null): void {
    life.phase = 'exited';
    life.frozen = false;
    const oom =
      signal === 'SIGKILL' && code === null && !life.deaf ? {oom: this.#rng.pick(['limit', 'outside'] as const)} : {};
    this.#tell(life, {type: 'exited', token: life.token, code, signal: code === null ? signal : null, at: 0, ...oom});
  }

  #isCleared(life: Life, mono: number): boolean {
    if (life.deaf && mono < life.killAt) return false;
    life.phase = 'cleared';
    const survivors = this.#rng.chance(this.weather.survivors) ? ['4711 stuck'] : [];
    this.#tell(life, {type: 'cleared', token: life.token, proof: this.#rng.pick(['cgroup', 'lineage']), survivors});
    return true;
  }

  #tell(life: Life, fact: Fact): void {
    life.told.push(fact);
    this.facts.push(fact);
  }

  #tellAgain(life: Life): void {
    for (const fact of life.told) {
      this.facts.push(fact.type === 'spawned' && this.#rng.chance(0.2) ? {...fact, adopted: true} : fact);
    }
    if (life.phase === 'living') this.facts.push({type: life.frozen ? 'paused' : 'continued', token: life.token});
  }
}
