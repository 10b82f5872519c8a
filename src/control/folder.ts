/**
 * Layout of a fleet's state. A fleet is identified by its file's canonical path and its name, and its folder's name is
 * made of both, so two checkouts with a fleet of the same name do not collide.
 *
 * Inside the folder: `fleet.json` (input of `up`), `lock` (names the keeper that holds it), `control.sock`,
 * `snapshot.0` and `snapshot.1`, `journal.jsonl` and rotated `journal.NNNNNNNN.jsonl`, `logs/`, `runs/`, `channels/`,
 * `code/HASH/` (the running programs) and `code/current` (a link to the one from which a lost keeper is restarted).
 */
import {createHash} from 'node:crypto';
import {userInfo} from 'node:os';
import {join, resolve} from 'node:path';
import {FleetChoiceError} from './errors.ts';
import {journalPath} from '../journal/layout.ts';

/**
 * Returns the folder that holds all fleets of this user: `BROOD_HOME`, else `/var/lib/brood` for root, else
 * `~/.local/state/brood`.
 */
export function broodHome(env: NodeJS.ProcessEnv = process.env): string {
  if (env['BROOD_HOME']) return resolve(env['BROOD_HOME']);
  if (process.getuid?.() === 0) return '/var/lib/brood';
  // The home of the password file and not $HOME: after `su` or in a cron job they differ, and the fleet must be found
  // again.
  return join(home(), '.local', 'state', 'brood');
}

/** @throws FleetChoiceError if this user is not in the password file, as in some containers. */
function home(): string {
  try {
    return userInfo().homedir;
  } catch {
    throw new FleetChoiceError(
      'missing',
      `user ${process.getuid?.() ?? '?'} is not in the password file, so its fleets have no home folder; set BROOD_HOME`,
    );
  }
}

/**
 * Returns the fleet's folder name (`shop-1f2e3d4c5b6a`), from its name and its file's canonical path (null: no file).
 */
export function fleetId(name: string, file: string | null): string {
  const hash = createHash('sha256')
    .update(file ?? '')
    .digest('hex')
    .slice(0, 12);
  return `${name}-${hash}`;
}

export const fleetFolder = (name: string, file: string | null, env: NodeJS.ProcessEnv = process.env): string =>
  join(broodHome(env), fleetId(name, file));

/** Paths inside a fleet's folder. */
export const inFolder = {
  fleet: (folder: string) => join(folder, 'fleet.json'),
  /** Exists from the stop of the whole fleet until the next `up`. */
  stopped: (folder: string) => join(folder, 'stopped'),
  lock: (folder: string) => join(folder, 'lock'),
  socket: (folder: string) => join(folder, 'control.sock'),
  snapshot: (folder: string, half: 0 | 1) => join(folder, `snapshot.${half}`),
  journal: journalPath,
  logs: (folder: string) => join(folder, 'logs'),
  runs: (folder: string) => join(folder, 'runs'),
  code: (folder: string) => join(folder, 'code'),
} as const;
