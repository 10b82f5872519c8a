/** What a keeper has said at last, when it had ended its fleet. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {FleetDoubt} from './reports.ts';
import {isObject} from '../base/json.ts';

export interface Left {
  /** What could not be ended, as `pid name`. */
  readonly survivors: readonly string[];
  /** Why it is not proved that nothing else is left; null: it has said nothing of that. */
  readonly doubts: readonly FleetDoubt[] | null;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(word => typeof word === 'string') : [];

/** What lies there. Earlier versions wrote the survivors alone, and only where there were some. Throws SyntaxError. */
export function leftIn(text: string): Left {
  const left: unknown = JSON.parse(text);
  if (!isObject(left)) return {survivors: texts(left), doubts: null};
  const {proof, survivors, doubts} = left;
  const said = Array.isArray(doubts)
    ? doubts.filter(isObject).map(doubt => ({ids: texts(doubt['ids']), words: String(doubt['words'])}))
    : [];
  // It writes what it knows before the end, too.
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
