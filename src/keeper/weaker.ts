/** What a keeper can't promise on this machine, in words. */
import type {Code} from './code.ts';

interface Source {
  /** Why it can't be had; null: it can. */
  readonly unavailable: string | null;
}

export function weakerPromises(cgroups: Source, connector: Source, code: Code): string[] {
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
  return weaker;
}
