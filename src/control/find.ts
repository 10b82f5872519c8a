/** Lists the fleets of this user and resolves the one that a command means. */
import {readdirSync, readFileSync, realpathSync} from 'node:fs';
import {join} from 'node:path';
import {FleetChoiceError} from './errors.ts';
import {broodHome, fleetFolder, inFolder} from './folder.ts';
import type {Lock} from './lock.ts';
import {isObject} from '../base/json.ts';
import {findLock, scanOnce, type Scan} from './supervisor.ts';

export interface FleetEntry {
  readonly folder: string;
  /** The folder's name: `shop-1f2e3d4c5b6a`. */
  readonly id: string;
  readonly name: string;
  /** Canonical path of the fleet file, or null for a fleet that was started by `brood add`. */
  readonly file: string | null;
  readonly dir: string | null;
  readonly lock: Lock | null;
  /** Whether the fleet's keeper lives. */
  readonly alive: boolean;
}

/** Finds the supervisor on first access: if the lock names no living keeper, all processes are searched. */
function supervisorOf(folder: string, scan: Scan): Pick<FleetEntry, 'lock' | 'alive'> {
  let found: ReturnType<typeof findLock> | null = null;
  const find = (): ReturnType<typeof findLock> => (found ??= findLock(folder, scan));
  return {
    get lock() {
      return find().lock;
    },
    get alive() {
      return find().alive;
    },
  };
}

/** Returns the fleet in that folder, as `up` recorded it in `fleet.json`, or null if there is none. */
export function readFleet(folder: string, scan: Scan = scanOnce()): FleetEntry | null {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(inFolder.fleet(folder), 'utf8'));
  } catch {
    return null;
  }
  if (!isObject(content) || typeof content['name'] !== 'string') return null;
  const {name, file, dir} = content;
  return Object.assign(supervisorOf(folder, scan), {
    folder,
    id: folder.slice(folder.lastIndexOf('/') + 1),
    name,
    file: typeof file === 'string' ? file : null,
    dir: typeof dir === 'string' ? dir : null,
  });
}

/** Returns every fleet under `BROOD_HOME`, sorted by folder name, including those whose supervisor is gone. */
export function listFleets(env: NodeJS.ProcessEnv = process.env): FleetEntry[] {
  const home = broodHome(env);
  const scan = scanOnce();
  let names: string[];
  try {
    names = readdirSync(home);
  } catch {
    return [];
  }
  return names
    .map(name => readFleet(join(home, name), scan))
    .filter(entry => entry !== null)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Returns the canonical path of the fleet file in a folder, or null if there is none. */
export function fleetFileIn(cwd: string): string | null {
  for (const name of ['brood.yaml', 'Procfile']) {
    try {
      return realpathSync(join(cwd, name));
    } catch {
      // The other name may exist.
    }
  }
  return null;
}

export interface FleetChoice {
  /** `--fleet`. */
  readonly fleet?: string | undefined;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Returns the fleet that a command means: `--fleet` or `BROOD_FLEET`, else the fleet file in the working directory,
 * else the fleet `default`. The fleet need not be running.
 *
 * @throws FleetChoiceError
 */
export async function resolveFleet(choice: FleetChoice): Promise<FleetEntry> {
  const {env, cwd} = choice;
  const wanted = choice.fleet ?? env['BROOD_FLEET'];
  if (wanted) {
    // A worker's environment identifies its own fleet among several of that name.
    const own = choice.fleet === undefined && env['BROOD_FLEET_ID'] ? env['BROOD_FLEET_ID'] : null;
    return (own === null ? null : readFleet(join(broodHome(env), own))) ?? byName(wanted, env);
  }
  const file = fleetFileIn(cwd);
  if (file !== null) return byFile(file, env);
  const folder = fleetFolder('default', null, env);
  const entry = readFleet(folder);
  if (entry) return entry;
  const others = listFleets(env).filter(one => one.alive);
  const hint =
    others.length > 0 ? `; running: ${others.map(one => one.name).join(', ')}` : '; `brood up FILE` starts one';
  throw new FleetChoiceError(
    'missing',
    `no brood.yaml or Procfile in ${cwd}, and no fleet \`default\`: specify one with --fleet NAME${hint}`,
  );
}

function byName(wanted: string, env: NodeJS.ProcessEnv): FleetEntry {
  const all = listFleets(env).filter(entry => entry.name === wanted || entry.id === wanted);
  const running = all.filter(entry => entry.alive);
  const [only, ...rest] = running.length > 0 ? running : all;
  if (!only) {
    throw new FleetChoiceError('missing', `no fleet ${wanted} is running; \`brood ls\` lists all fleets`);
  }
  if (rest.length === 0) return only;
  const files = [only, ...rest].map(entry => `  --fleet ${entry.id}   ${entry.file ?? '(no file)'}`);
  throw new FleetChoiceError('ambiguous', `several fleets are named ${wanted}; specify one:`, files);
}

/** Finds a fleet by the file's path alone if that is unambiguous, since parsing YAML takes longer than all the rest. */
async function byFile(file: string, env: NodeJS.ProcessEnv): Promise<FleetEntry> {
  const [only, ...rest] = listFleets(env).filter(entry => entry.file === file);
  if (only && rest.length === 0) return only;
  const {parseFleetFile} = await import('../fleet/index.ts');
  const {fleet} = await parseFleetFile(file);
  if (!fleet) {
    throw new FleetChoiceError(
      'invalid',
      `${file} has errors, so the name of its fleet is unknown; run \`brood check\``,
    );
  }
  const folder = fleetFolder(fleet.name, file, env);
  return (
    readFleet(folder) ??
    Object.assign(supervisorOf(folder, scanOnce()), {
      folder,
      id: folder.slice(folder.lastIndexOf('/') + 1),
      name: fleet.name,
      file,
      dir: fleet.dir,
    })
  );
}
