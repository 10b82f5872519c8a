/** Finds processes of a fleet without its supervisor, by their environment. */
import {readdirSync, readFileSync} from 'node:fs';
import {processState} from '../../control/lock.ts';
import {environmentValue} from '../../process/proc-files.ts';

export interface LeftProcess {
  readonly pid: number;
  readonly name: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // the process is gone, or belongs to another user
  }
};

/** Returns the living processes of a fleet. Programs that overwrite their environment are not found. */
export function processesLeftOf(fleetId: string): readonly LeftProcess[] {
  let names: string[];
  try {
    names = readdirSync('/proc').filter(name => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return names
    .map(Number)
    .filter(pid => pid !== process.pid && environmentValue(pid, 'BROOD_FLEET_ID') === fleetId)
    .filter(pid => !['Z', 'X', null].includes(processState(pid, null)))
    .map(pid => ({pid, name: read(`/proc/${pid}/comm`).trim()}));
}

/** `4711 (sleep), 4712 (node) and 3 more` */
export function leftWords(left: readonly LeftProcess[]): string {
  const shown = left.slice(0, 5).map(({pid, name}) => `${pid} (${name})`);
  return shown.join(', ') + (left.length > shown.length ? ` and ${left.length - shown.length} more` : '');
}
