/** The current guarantees of this keeper; changes are reported to the controller. */
import type {Code} from '../code/installed.ts';
import type {ConnectorWhenNeeded} from '../lineage/connector.ts';
import type {Fact} from '../../link/facts.ts';
import type {Proof} from '../../base/proof.ts';
import type {PipeStore} from '../pipe-store/store.ts';
import type {Unattributed} from '../lineage/unattributed.ts';
import {lesserKernel, weakerPromises} from './reduced.ts';

export interface GuaranteesHost {
  readonly cgroups: {readonly unavailable: string | null};
  readonly connector: ConnectorWhenNeeded;
  readonly unattributed: Pick<Unattributed, 'weaker'>;
  readonly code: Code;
  readonly store: PipeStore;
  /** The fleet's folder. */
  readonly folder: string;
  emitFact(fact: Fact): void;
}

interface Told {
  readonly lineage: Proof;
  readonly weaker: readonly string[];
}

export class Guarantees {
  readonly #host: GuaranteesHost;
  /** Refusals of the kernel do not change while a process runs. */
  readonly #kernel: readonly string[];
  #told: string | null = null;

  constructor(host: GuaranteesHost) {
    this.#host = host;
    this.#kernel = lesserKernel(host.folder);
  }

  /** Returns the guarantees for a new controller. */
  current(): Told {
    const now = this.#now();
    this.#told = JSON.stringify(now);
    return now;
  }

  /** Reports the guarantees to the controller if they have changed since the last report. */
  tellChanges(): void {
    if (this.#told === null) return;
    const before = this.#told;
    const now = this.current();
    if (this.#told !== before) this.#host.emitFact({type: 'guarantees', ...now});
  }

  #now(): Told {
    const {cgroups, connector, unattributed, code, store} = this.#host;
    const weaker = weakerPromises(cgroups, connector, code, store, unattributed.weaker());
    return {lineage: this.#lineage(), weaker: [...weaker, ...this.#kernel]};
  }

  /** Returns the best source available. */
  #lineage(): Proof {
    const {cgroups, connector} = this.#host;
    if (cgroups.unavailable === null) return 'cgroup';
    return connector.need() === null ? 'lineage' : 'connector';
  }
}
