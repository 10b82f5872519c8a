/** What a keeper can't promise on this machine, in words. */
import type {Code} from './code.ts';
import {weakness, type PipeStore} from './pipe-store.ts';

interface Source {
  /** Why it can't be had; null: it can. */
  readonly unavailable: string | null;
}

export function weakerPromises(cgroups: Source, connector: Source, code: Code, store: PipeStore): string[] {
  const weaker: string[] = [];
  if (cgroups.unavailable !== null) {
    weaker.push(
      connector.unavailable === null
        ? `${cgroups.unavailable}: who belongs to a worker is told by the process connector while the keeper lives that started it, else by parents, sessions and environment, which a process can leave`
        : `${cgroups.unavailable}, and ${connector.unavailable}: who belongs to a worker is told by parents, sessions and environment, which a process can leave`,
    );
  }
  if (code.own === null) {
    weaker.push(
      'the programs run from where they are installed, since they could not be copied: an update may pull them from under the fleet',
    );
  }
  if (store.problem !== null) weaker.push(weakness(store.problem));
  else if (!store.isInherited)
    weaker.push(
      "the anchor holds no worker's output, since it is of an earlier version or had no descriptor left: if the keeper is killed together with the controller, the last output of workers that end before the next keeper starts is lost; `brood down` and `brood up` start another anchor",
    );
  return weaker;
}
