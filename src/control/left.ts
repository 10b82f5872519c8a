/** Reads the last report of a keeper that has ended its fleet. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {FleetDoubt} from './reports.ts';
import {isObject} from '../base/json.ts';

export interface Left {
  /** Processes that could not be ended, as `pid name`. */
  readonly survivors: readonly string[];
  /** Why it is not proved that nothing else is left; null if the keeper has not reported on that. */
  readonly doubts: readonly FleetDoubt[] | null;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(word => typeof word === 'string') : [];

/** Parses the report. Earlier versions wrote only the survivors, and only if there were any. Throws SyntaxError. */
export function leftIn(text: string): Left {
  const left: unknown = JSON.parse(text);
  if (!isObject(left)) return {survivors: texts(left), doubts: null};
  const {proof, survivors, doubts} = left;
  const said = Array.isArray(doubts)
    ? doubts.filter(isObject).map(doubt => ({ids: texts(doubt['ids']), words: String(doubt['words'])}))
    : [];
  // The keeper also writes what it knows before the end.
  const isLast = proof === 'complete' || proof === 'lineage' || said.length > 0;
  return {survivors: texts(survivors), doubts: isLast ? said : null};
}

export function readLeft(folder: string): Left {
  try {
    return leftIn(readFileSync(join(folder, 'left.json'), 'utf8'));
  } catch {
    return {survivors: [], doubts: null};
  }
}
