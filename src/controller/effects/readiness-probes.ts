/** Readiness probes: at most one per run, from the effect `probe` to `unprobe`. */
import {isAsked} from '../../fleet/readiness.ts';
import type {LogStart} from '../../link/runs.ts';
import {instanceLogFolder} from '../../logs/layout.ts';
import type {KeeperLink} from '../keeper/link.ts';
import {startProbe} from '../probes/index.ts';
import type {RunHelper} from '../spawn/helper.ts';
import type {Engine} from '../turn/engine.ts';

export interface ReadinessProbesOptions {
  readonly folder: string;
  readonly engine: Engine;
  readonly link: KeeperLink;
  readonly run: RunHelper;
}

export class ReadinessProbes {
  readonly #options: ReadinessProbesOptions;
  /** Functions that end a probe, by run token. */
  readonly #probes = new Map<string, () => void>();
  /** Listeners for output, by run token. */
  readonly #listeners = new Map<string, () => void>();
  readonly #logStarts = new Map<string, LogStart>();

  constructor(options: ReadinessProbesOptions) {
    this.#options = options;
  }

  begin(token: string, id: string): void {
    const {folder, engine, link, run} = this.#options;
    const instance = engine.core.get(id);
    const spec = instance ? engine.core.specOf(instance.worker) : null;
    if (!instance || !spec || !isAsked(spec.ready) || this.#probes.has(token)) return;
    const end = startProbe(spec.ready, {
      logFolder: instanceLogFolder(folder, id),
      logStart: this.#logStarts.get(token) ?? {out: 0, err: 0},
      run: helper => run({spec, id, number: instance.number}, helper),
      ready: () => engine.feed({type: 'probe-ready', token}),
      onOutput: listener => {
        this.#listeners.set(token, listener);
        link.order({type: 'watch', token});
        return () => {
          if (this.#listeners.delete(token)) link.order({type: 'unwatch', token});
        };
      },
    });
    this.#probes.set(token, end);
  }

  end(token: string): void {
    this.#probes.get(token)?.();
    this.#probes.delete(token);
  }

  /** Records where the output of a run begins. */
  noteLogStart(token: string, logStart: LogStart): void {
    this.#logStarts.set(token, logStart);
  }

  /** Called when the keeper has moved output of a run to its log. */
  noteOutput(token: string): void {
    this.#listeners.get(token)?.();
  }

  forget(token: string): void {
    this.#logStarts.delete(token);
  }
}
