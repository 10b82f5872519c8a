/** Checks after repairs in the folder of a fleet. */
import {expect} from 'vitest';
import {until, type TestFleet} from '../end-to-end/harness.ts';
import {lives} from '../end-to-end/processes.ts';

/** SIGALRM starts the sweep that otherwise comes every five seconds. */
export const sweep = (keeper: number): void => void process.kill(keeper, 'SIGALRM');

/** Returns the repaired parts according to the journal. */
export const repaired = (fleet: TestFleet): unknown[] => fleet.events('repaired').map(({what}) => what);

export async function isRepaired(fleet: TestFleet, keeper: number, ...what: string[]): Promise<void> {
  await until(`${what.join(' and ')} to be put back`, () => {
    sweep(keeper);
    const found = repaired(fleet);
    return what.every(one => found.includes(one));
  });
}

/** Kills controller and keeper in turn; checks that their successors have the same workers. */
export async function goesOn(fleet: TestFleet, pids: readonly (number | null)[]): Promise<void> {
  for (const part of ['controller', 'pid'] as const) {
    const {supervisor} = fleet.ps();
    process.kill(supervisor[part], 'SIGKILL');
    await until(`the next ${part}`, () => fleet.ps().supervisor[part] !== supervisor[part], 30_000);
    expect(fleet.ps().workers.map(({pid}) => pid)).toEqual(pids);
  }
  const {anchor, pid, controller} = fleet.ps().supervisor;
  expect([anchor, pid, controller].every(one => one !== null && lives(one))).toBe(true);
}

export const pidsOf = (fleet: TestFleet): (number | null)[] => fleet.ps().workers.map(({pid}) => pid);
