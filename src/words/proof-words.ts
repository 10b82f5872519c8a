/** Describes the proof that nothing of a run is left. */
import type {Doubt} from '../base/proof.ts';
import {plainText} from './sanitize.ts';

const PROOFS: Readonly<Record<string, string>> = {
  cgroup: 'nothing is left: its cgroup is empty',
  connector: 'nothing is left: every fork of it was followed',
  lineage: 'nothing is left that parents, sessions and environment show',
};

export function proofWords(proof: string, doubts: readonly Doubt[] = []): string {
  return plainText([PROOFS[proof] ?? proof, ...doubts.map(({words}) => words)].join('; '));
}
