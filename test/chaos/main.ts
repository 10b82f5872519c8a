/**
 * `make chaos SEED=… DURATION=… WORKERS=… RATE=…`: a fleet of 200 workers of mixed temper under blows that a seed
 * determines, judged from outside. The same seed reproduces the same blows.
 */
import {spawn, spawnSync} from 'node:child_process';
import {cpSync, lstatSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {Arena} from './arena.ts';
import {endEverything, everythingOf} from './cleanup.ts';
import {Failure} from './failure.ts';
import {Observer} from './observation.ts';
import type {RunOptions} from './options.ts';
import {Run} from './run.ts';
import {send} from '../end-to-end/processes.ts';
import {parseDuration} from '../../src/fleet/values/duration.ts';

/** Set in the private mount namespace, where the fleet's small disk vanishes with the last process that uses it. */
const INSIDE = 'CHAOS_INSIDE';
const NAMESPACE = ['unshare', '-m', '--propagation', 'private'] as const;
/** Room for the logs of the chatty workers (ten rotated files each and the current one), and everything else. */
const DISK_MIB = 640;

function numberOf(name: string, otherwise: number): number {
  const text = process.env[name];
  const value = text ? Number(text) : otherwise;
  if (!Number.isFinite(value) || value < 0) throw new Error(`${name}=${text ?? ''} is no number`);
  return value;
}

function optionsOf(): RunOptions {
  const duration = parseDuration(process.env['DURATION'] || '5m');
  if ('problem' in duration) throw new Error(`DURATION: ${duration.problem}`);
  return {
    seed: numberOf('SEED', Date.now() % 1_000_000),
    durationMs: duration.ms,
    workers: numberOf('WORKERS', 200),
    rate: numberOf('RATE', 20),
  };
}

/** Runs this program again in a mount namespace. Returns its exit status, or null if no namespace can be created. */
async function insideNamespace(): Promise<number | null> {
  const [program, ...args] = NAMESPACE;
  if (process.getuid?.() !== 0 || spawnSync(program, [...args, 'true']).status !== 0) return null;
  const child = spawn(program, [...args, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: {...process.env, [INSIDE]: 'yes'},
  });
  // The terminal sends Ctrl-C to both; other termination signals must be forwarded.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise(resolve => child.once('close', code => resolve(code ?? 1)));
}

/** Copies everything needed to find the cause: all but the filler and special files. */
function keep(arena: Arena): string {
  const kept = join(arena.folder, 'kept');
  try {
    cpSync(arena.home, kept, {recursive: true, filter: path => !path.endsWith('/filler') && isOrdinary(path)});
  } catch (error) {
    process.stdout.write(`not all of the fleet's folder could be kept: ${String(error)}\n`);
  }
  return kept;
}

function remove({folder, home, ownDisk}: Arena): void {
  // Lazily: files that this program still has open there are closed when it exits.
  if (ownDisk) spawnSync('umount', ['-l', home]);
  rmSync(folder, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
}

function isOrdinary(path: string): boolean {
  const stat = lstatSync(path, {throwIfNoEntry: false});
  return stat?.isFile() === true || stat?.isDirectory() === true;
}

async function main(): Promise<number> {
  const options = optionsOf();
  const inside = process.env[INSIDE] === 'yes';
  if (!inside) {
    process.env['SEED'] = String(options.seed);
    const status = await insideNamespace();
    if (status !== null) return status;
  }
  const arena = new Arena(process.cwd(), inside ? DISK_MIB : null);
  const observer = new Observer(arena.folder);
  let stopped = false;
  const run = new Run(options, arena, observer);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const interrupted = (signal: NodeJS.Signals): void => {
    if (!stopped) process.stdout.write('asked to end: after this round (once more: at once)\n');
    else
      void endEverything(arena, observer).then(() => {
        run.close();
        remove(arena);
        for (const one of signals) process.off(one, interrupted);
        process.kill(process.pid, signal);
      });
    stopped = true;
  };
  for (const signal of signals) process.on(signal, interrupted);
  let complaints: readonly string[] | null = null;
  try {
    await run.toTheEnd(() => stopped);
  } catch (error) {
    complaints =
      error instanceof Failure ? error.complaints : [error instanceof Error ? (error.stack ?? '') : String(error)];
  }
  run.close();
  // SIGSTOP, so that the copy shows the state at the failure.
  if (complaints) for (const seen of everythingOf(arena, observer)) send(seen, 'SIGSTOP');
  const kept = complaints ? keep(arena) : null;
  const left = await endEverything(arena, observer);
  if (left.length > 0) complaints = [...(complaints ?? []), `can't be ended: ${left.map(({pid}) => pid).join(', ')}`];
  run.report.end(complaints, kept);
  if (!complaints) remove(arena);
  return complaints ? 1 : 0;
}

process.exitCode = await main();
