/** What is looked at once something was put back in the folder of a fleet. */
import {expect} from 'vitest';
import {until, type TestFleet} from '../end-to-end/harness.ts';
import {lives} from '../end-to-end/processes.ts';

/** What SIGALRM is for: the sweep that comes every five seconds anyway. */
export const sweep = (keeper: number): void => void process.kill(keeper, 'SIGALRM');

/** What was put back, as the journal tells. */
export const repaired = (fleet: TestFleet): unknown[] => fleet.events('repaired').map(({what}) => what);

export async function isRepaired(fleet: TestFleet, keeper: number, ...what: string[]): Promise<void> {
  await until(`${what.join(' and ')} to be put back`, () => {
    sweep(keeper);
    const found = repaired(fleet);
    return what.every(one => found.includes(one));
  });
}

/** All three are lost in turn and come back to the same workers. */
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
