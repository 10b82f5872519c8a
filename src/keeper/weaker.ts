/** What a keeper can't promise on this machine, in words. */
import type {Code} from './code.ts';

export function weakerPromises(cgroups: {readonly unavailable: string | null}, code: Code): string[] {
  const weaker: string[] = [];
  if (cgroups.unavailable !== null) {
    weaker.push(
      `${cgroups.unavailable}: who belongs to a worker is told by parents, sessions and environment, which a process can leave`,
    );
  }
  if (code.own === null) {
    weaker.push(
      'the programs run from where they are installed, since they could not be copied: an update may pull them from under the fleet',
    );
  }
  return weaker;
}
