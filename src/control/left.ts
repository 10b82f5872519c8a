/** What a keeper could not end when it ended its fleet. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

/** As `pid name`; empty where all was ended. */
export function readLeft(folder: string): string[] {
  try {
    const left: unknown = JSON.parse(readFileSync(join(folder, 'left.json'), 'utf8'));
    return Array.isArray(left) ? left.map(String) : [];
  } catch {
    return [];
  }
}
