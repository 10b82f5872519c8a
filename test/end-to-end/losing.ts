/** Losing a controller, and what is looked at before and after. */
import {existsSync, readdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'vitest';
import {until, type TestFleet} from './harness.ts';
import {SnapshotFile} from '../../src/controller/state/snapshot-file.ts';
import {decodeFound} from '../../src/controller/state/launch.ts';
import {bootId} from '../../src/process/proc-files.ts';

export const HOUR = '1h';

export const sleeper = {run: ['sleep', '1000']};

/** A worker that notes its start and, when it is asked to end, waits for the file `go`. */
export const slowToEnd = (name: string): object => ({
  sh: `trap "while [ ! -e go ]; do sleep 0.02; done; echo bye >> ${name}.bye; exit 0" TERM; echo $$ >> ${name}.runs; while :; do sleep 0.02; done`,
  stop: {timeout: HOUR},
});

export const linesOf = (fleet: TestFleet, name: string): number => fleet.read(name).split('\n').length - 1;

/** The folder of its supervisor. */
export const folderOf = (fleet: TestFleet): string => join(fleet.home, readdirSync(fleet.home)[0] ?? '');

/**
 * Removes a folder in which a living supervisor may be writing: a file that is made after the folder was read lets
 * rmdir(2) fail with ENOTEMPTY, and rmSync does not read the folder again.
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

/** The state as it was committed last: JSON text. */
export function stateOf(fleet: TestFleet): string {
  const {text, changes} = new SnapshotFile(folderOf(fleet)).readSnapshot();
  return text === null ? '' : (decodeFound(text, changes, bootId())?.core ?? '');
}

/** The instances in it, as `id status`. */
export function statuses(fleet: TestFleet): string[] {
  const {instances} = JSON.parse(stateOf(fleet)) as {instances: {id: string; status: string}[]};
  return instances.map(({id, status}) => `${id} ${status}`);
}

/** Waits for a controller that answers, and is another one than before. */
export const nextController = (fleet: TestFleet, before: number): Promise<unknown> =>
  until('the next controller', () => fleet.controller !== before, 20_000);

/** Kills the controller, does something while there is none, and waits for the next. */
export async function loseController(fleet: TestFleet, meanwhile: () => void = () => undefined): Promise<void> {
  const {controller} = fleet;
  // Stopped first, so that what is done meanwhile is done before anybody can notice.
  process.kill(controller, 'SIGSTOP');
  process.kill(controller, 'SIGKILL');
  meanwhile();
  await nextController(fleet, controller);
}

export async function endsClean(fleet: TestFleet): Promise<void> {
  expect(fleet.run('down').code).toBe(0);
  await until('nothing to be left', () => fleet.tagged().length === 0);
}
