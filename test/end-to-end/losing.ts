/** Helpers that lose a controller or a whole supervisor, and read state before and after. */
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {until, type TestFleet} from './harness.ts';
import {lives} from './processes.ts';
import {SnapshotFile} from '../../src/controller/state/snapshot-file.ts';
import {decodeFound} from '../../src/controller/state/launch.ts';
import {bootId} from '../../src/process/proc-files.ts';

export const HOUR = '1h';

export const sleeper = {run: ['sleep', '1000']};

/** A worker that records its start and, on SIGTERM, waits for the file `go` before it exits. */
export const slowToEnd = (name: string): object => ({
  sh: `trap "while [ ! -e go ]; do sleep 0.02; done; echo bye >> ${name}.bye; exit 0" TERM; echo $$ >> ${name}.runs; while :; do sleep 0.02; done`,
  stop: {timeout: HOUR},
});

export const linesOf = (fleet: TestFleet, name: string): number => fleet.read(name).split('\n').length - 1;

/** Returns the folder of the fleet's supervisor. */
export const folderOf = (fleet: TestFleet): string => join(fleet.home, readdirSync(fleet.home)[0] ?? '');

/**
 * Removes a folder in which a living supervisor may be writing: if a file is made after the folder was read, rmdir(2)
 * fails with ENOTEMPTY, and rmSync does not read the folder again.
 */
export function removeLiving(folder: string): void {
  for (let tries = 100; existsSync(folder); tries -= 1) {
    try {
      rmSync(folder, {recursive: true});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || tries === 0) throw error;
    }
  }
}

/** Kills anchor, keeper and controller, and waits until they have ended. */
export async function loseSupervisor(fleet: TestFleet): Promise<void> {
  const {anchor, pid, controller} = fleet.ps().supervisor;
  fleet.killSupervisor();
  await until('the supervisor to be gone', () => ![anchor, pid, controller].some(one => one !== null && lives(one)));
}

/** Returns the last committed state, as JSON text. */
export function stateOf(fleet: TestFleet): string {
  const {text, changes} = new SnapshotFile(folderOf(fleet)).readSnapshot();
  return text === null ? '' : (decodeFound(text, changes, bootId())?.core ?? '');
}

/** Returns the instances of the committed state, as `id status`. */
export function statuses(fleet: TestFleet): string[] {
  const {instances} = JSON.parse(stateOf(fleet)) as {instances: {id: string; status: string}[]};
  return instances.map(({id, status}) => `${id} ${status}`);
}

/** Waits until a controller other than `before` answers. */
export const nextController = (fleet: TestFleet, before: number): Promise<unknown> =>
  until('the next controller', () => fleet.controller !== before, 20_000);

/** Kills the controller, calls `meanwhile` while there is none, and waits for the next. */
export async function loseController(fleet: TestFleet, meanwhile: () => void = () => undefined): Promise<void> {
  const {controller} = fleet;
  // Stopped first, so that the controller does nothing any more while `meanwhile` runs.
  process.kill(controller, 'SIGSTOP');
  process.kill(controller, 'SIGKILL');
  meanwhile();
  await nextController(fleet, controller);
}

export async function endsClean(fleet: TestFleet): Promise<void> {
  expect(fleet.run('down').code).toBe(0);
  await until('nothing to be left', () => fleet.tagged().length === 0);
}
