/** The processes of the simulated runs: the random number generator decides how they start, notify, crash and exit. */
import type {SignalName} from '../../../src/base/signal-name.ts';
import {MEMORY_LIMIT} from '../fleets.ts';
import type {Prng} from '../prng.ts';
import type {FaultRates} from './faults.ts';
import type {Outbox} from './outbox.ts';
import type {Fact, FakeRun} from './run.ts';

const SHORTAGES = ['EAGAIN', 'EMFILE', 'ENOMEM'];

export class Processes {
  faults: FaultRates;
  readonly #rng: Prng;
  readonly #outbox: Outbox;
  #pid = 100;

  constructor(rng: Prng, outbox: Outbox, faults: FaultRates) {
    this.#rng = rng;
    this.#outbox = outbox;
    this.faults = faults;
  }

  /** Creates a run before its process exists. */
  create(token: string, id: string): FakeRun {
    return {
      token,
      id,
      phase: 'spawning',
      pid: ++this.#pid,
      ready: false,
      ignoresStop: this.#rng.chance(this.faults.ignoresStop),
      ending: false,
      clearing: false,
      frozen: false,
      killAt: Infinity,
      reported: [],
    };
  }

  /** Takes a run one step further. Returns false if nothing happened. */
  progress(run: FakeRun, mono: number): boolean {
    switch (run.phase) {
      case 'spawning':
        return this.#spawn(run);
      case 'running':
        return run.ending ? this.#stop(run, mono) : this.#crash(run);
      case 'exited':
        return (run.ending || run.clearing) && this.#clear(run, mono);
      case 'cleared':
      case 'failed':
        return false;
    }
  }

  /** Stops or continues the main process, on behalf of brood or of anyone else. */
  freeze(run: FakeRun, frozen: boolean): void {
    if (run.phase !== 'running' || run.frozen === frozen || (frozen && run.ending)) return;
    run.frozen = frozen;
    this.#outbox.reportPause(run);
  }

  /**
   * Lets a running worker hang, exceed its memory limit, leave a zombie or send a notification. Readiness and a new
   * main pid are reported through the outbox.
   *
   * @returns the fact that a monitor reports, or null
   */
  notify(run: FakeRun, isWatched: boolean): Fact | null {
    const {token} = run;
    if (run.phase !== 'running') return null;
    const hangs = isWatched && this.#rng.chance(this.faults.hangs);
    if (hangs) return {type: 'watchdog-missed', token, asked: false};
    if (this.#rng.chance(0.05)) return {type: 'memory-exceeded', token, bytes: 2 * MEMORY_LIMIT};
    if (this.#rng.chance(run.frozen ? 0.2 : 0.02)) return {type: 'zombie-left', token, pid: run.pid + 1, name: 'child'};
    if (this.#rng.chance(0.8)) {
      this.reportReady(run);
      return null;
    }
    if (this.#rng.chance(0.5)) return {type: 'extend', token, ms: this.#rng.pick([0, 100, 7000])};
    run.pid = ++this.#pid;
    this.#outbox.report(run, {type: 'main-process', token, pid: run.pid, startTime: String(run.pid)});
    return null;
  }

  /** Reports a running worker as ready, unless it has been reported before. */
  reportReady(run: FakeRun): void {
    if (run.phase !== 'running' || run.ready) return;
    run.ready = true;
    this.#outbox.report(run, {type: 'said-ready', token: run.token});
  }

  #spawn(run: FakeRun): boolean {
    const {token, pid} = run;
    if (this.#rng.chance(this.faults.spawnFails)) {
      run.phase = 'failed';
      const shortage = this.#rng.chance(0.5);
      const code = shortage ? this.#rng.pick(SHORTAGES) : 'ENOENT';
      this.#outbox.report(run, {type: 'spawn-failed', token, code, message: `${code}: /bin/x`, at: 0, shortage});
    } else {
      run.phase = 'running';
      this.#outbox.report(run, {type: 'spawned', token, pid, startTime: String(pid), at: 0});
    }
    return true;
  }

  #stop(run: FakeRun, mono: number): boolean {
    const {ignoresStop} = run;
    if (ignoresStop && mono < run.killAt) return false;
    this.#exit(run, ignoresStop ? null : this.#rng.pick([0, 1, null]), ignoresStop ? 'SIGKILL' : 'SIGTERM');
    return true;
  }

  #crash(run: FakeRun): boolean {
    if (run.frozen || !this.#rng.chance(this.faults.crash)) return false;
    const [code, signal] = this.#rng.pick<readonly [number | null, SignalName | null]>([
      [0, null],
      [1, null],
      [3, null],
      [null, 'SIGSEGV'],
      [null, 'SIGTERM'],
      [null, 'SIGKILL'],
      [null, null],
    ]);
    this.#exit(run, code, signal);
    return true;
  }

  #exit(run: FakeRun, code: number | null, signal: SignalName | null): void {
    run.phase = 'exited';
    run.frozen = false;
    const mayBeOom = signal === 'SIGKILL' && code === null && !run.ignoresStop;
    const oom = mayBeOom ? {oom: this.#rng.pick(['limit', 'outside'] as const)} : {};
    const exit = {code, signal: code === null ? signal : null, at: 0, ...oom};
    this.#outbox.report(run, {type: 'exited', token: run.token, ...exit});
  }

  #clear(run: FakeRun, mono: number): boolean {
    if (run.ignoresStop && mono < run.killAt) return false;
    run.phase = 'cleared';
    const survivors = this.#rng.chance(this.faults.survivors) ? ['4711 stuck'] : [];
    const proof = this.#rng.pick<'cgroup' | 'lineage'>(['cgroup', 'lineage']);
    this.#outbox.report(run, {type: 'cleared', token: run.token, proof, survivors});
    return true;
  }
}
