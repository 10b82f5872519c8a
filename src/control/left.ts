/** What a keeper has said at last, when it had ended its fleet. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {FleetDoubt} from './messages.ts';

export interface Left {
  /** What could not be ended, as `pid name`. */
  readonly survivors: readonly string[];
  /** Why it is not proved that nothing else is left; null: it has said nothing of that. */
  readonly doubts: readonly FleetDoubt[] | null;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** @param left what lies there. Earlier versions wrote the survivors alone, and only where there were some */
function leftIn(left: unknown): Left {
  if (!isObject(left) || Array.isArray(left)) return {survivors: texts(left), doubts: null};
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
    return leftIn(JSON.parse(readFileSync(join(folder, 'left.json'), 'utf8')));
  } catch {
    return {survivors: [], doubts: null};
  }
}
