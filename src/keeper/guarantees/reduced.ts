/** Describes the guarantees that a keeper can't give on this machine. */
import type {Code} from '../code/installed.ts';
import {KERNEL_FEATURES, type KernelFeature} from './kernel-features.ts';
import {weakness, type PipeStore} from '../pipe-store/store.ts';

interface Source {
  /** Why the source is unavailable; null: it is available. */
  readonly unavailable: string | null;
}

/** Returns a sentence for each feature of the kernel that is refused here. */
export function lesserKernel(folder: string, features: readonly KernelFeature[] = KERNEL_FEATURES): string[] {
  return features.flatMap(({name, since, refusal, without}) => {
    const code = refusal(folder);
    if (code === null) return [];
    const why =
      since === null ? `no ${name} (${code})` : `the kernel refuses ${name} (${code}; Linux has it since ${since})`;
    return [`${why}: ${without}`];
  });
}

/** @param unattributed what can't be proved while processes of unknown runs live */
export function weakerPromises(
  cgroups: Source,
  connector: Source,
  code: Code,
  store: PipeStore,
  unattributed: readonly string[],
): string[] {
  const weaker: string[] = [];
  if (cgroups.unavailable !== null) {
    weaker.push(
      connector.unavailable === null
        ? `${cgroups.unavailable}: processes are attributed to workers by the process connector; those forked while no keeper listens, by parents, sessions and environment, which a process can leave`
        : `${cgroups.unavailable}, and ${connector.unavailable}: processes are attributed to workers by parents, sessions and environment, which a process can leave`,
    );
  } else if (connector.unavailable !== null) {
    weaker.push(
      `${connector.unavailable}: a process that leaves the cgroup of its worker and loses its parent is attributed by its session and its environment, or by exclusion`,
    );
  }
  weaker.push(...unattributed);
  if (code.own === null) {
    weaker.push(
      'the programs run from their installation because they could not be copied: a package update may replace them under the running fleet',
    );
  }
  if (store.problem !== null) weaker.push(weakness(store.problem));
  else if (!store.isInherited)
    weaker.push(
      "the anchor holds no worker's output, because it is of an earlier version or had no free descriptor: if the keeper is killed together with the controller, the last output of workers that end before the next keeper starts is lost; `brood down` and `brood up` start a new anchor",
    );
  return weaker;
}
