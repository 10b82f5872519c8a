/** Describes the proof that nothing of a run is left. */
import type {Doubt} from '../base/proof.ts';
import {plainText} from './sanitize.ts';

const PROOFS: Readonly<Record<string, string>> = {
  cgroup: 'nothing is left: its cgroup is empty',
  connector: 'nothing is left: all its forks were tracked',
  lineage: 'nothing is left according to parents, sessions and environment',
};

export function proofWords(proof: string, doubts: readonly Doubt[] = []): string {
  return plainText([PROOFS[proof] ?? proof, ...doubts.map(({words}) => words)].join('; '));
}
