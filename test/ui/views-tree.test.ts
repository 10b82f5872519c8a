/** The tree: the place of each process, the effect of folding, and stable positions. */
import fc from 'fast-check';
import {beforeEach, describe, expect, test} from 'vitest';
import {makeApp, type Made} from './golden-app.ts';

let made: Made;

beforeEach(async () => {
  made = await makeApp();
  press('2');
});

const press = (...keys: readonly string[]): void => {
  for (const key of keys) made.app.key(key);
};

/** Returns the lines of the tree, without surroundings. */
const lines = (): string[] =>
  made.app
    .draw(160, 60)
    .toString()
    .split('\n')
    .slice(5, -1)
    .filter(line => line !== '');
const pids = (): number[] => lines().map(line => Number.parseInt(line.replace(/^\D+/, ''), 10));

function selected(): number {
  const canvas = made.app.draw(160, 60);
  const y = Array.from({length: 55}, (_, n) => n + 5).find(at => canvas.styleAt(0, at) === 'selected');
  return Number.parseInt(canvas.line(y ?? 0).replace(/^\D+/, ''), 10);
}

async function readAgain(): Promise<void> {
  await made.world.refresh();
  made.app.refreshed();
}

const line = (pid: number): string => lines().find(one => one.includes(` ${pid} `)) ?? '';

describe('as a tree', () => {
  test('parents come before their children, which are ordered by pid', () => {
    expect(pids()).toEqual([4001, 4002, 4100, 4101, 4102, 4200, 4201, 4300, 4301, 4302, 4390]);
  });

  test('the machine shows all except kernel threads', () => {
    press('A');
    expect(pids()).toEqual([1, 300, 310, 311, 4000, 4001, 4002, 4100, 4101, 4102, 4200, 4201, 4300, 4301, 4302, 4390]);
  });

  test("a fleet process whose parent is outside the keeper's tree is a root beside it", async () => {
    const orphan = made.processes.byPid.get(4390)!;
    made.processes.byPid.set(4390, {...orphan, ppid: 1});
    await readAgain();
    expect(line(4390)).toMatch(/ mailer --queue/);
    expect(line(4390)).not.toMatch(/[├└]─/);
  });

  test('readings change numbers but no positions', async () => {
    const before = pids();
    for (const cpu of [90, 0, 40]) {
      for (const one of [...made.processes.byPid.values()])
        made.processes.byPid.set(one.pid, {...one, cpu: (one.pid * cpu) % 97});
      await readAgain();
      expect(pids()).toEqual(before);
    }
  });

  test('processes that start and end change no order of others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({pid: fc.integer({min: 5000, max: 5020}), ppid: fc.constantFrom(4001, 4100, 4300, 5001)}), {
          maxLength: 12,
        }),
        async changes => {
          for (const {pid, ppid} of changes) {
            const before = pids();
            const mine = selected();
            if (!made.processes.byPid.delete(pid))
              made.processes.byPid.set(pid, {pid, ppid: ppid === pid ? 4001 : ppid, name: 'new', start: 85_000});
            await readAgain();
            const after = pids();
            // Processes whose parent has ended move; all others keep their order.
            const stayed = before.filter(one => one < 5000 && after.includes(one));
            expect(after.filter(one => stayed.includes(one))).toEqual(stayed);
            expect(new Set(after).size).toBe(after.length);
            if (after.includes(mine)) expect(selected()).toBe(mine);
          }
        },
      ),
      {numRuns: 40},
    );
  });
});

describe('folding', () => {
  test('hides all descendants, and shows their sums', () => {
    press('down', 'down', '-');
    expect(pids()).not.toContain(4101);
    // 12.5 + 2 + 61.5 %, 120 + 30 + 31 MiB.
    expect(line(4100)).toMatch(/ 76\.0 +181M .*▸ postgres -D data {2}\(\+2\)/);
    press('+');
    expect(pids()).toContain(4101);
    expect(line(4100)).toMatch(/ 12\.5 +120M /);
  });

  test('stays with a process, and does not apply to another one with its pid', async () => {
    press('down', 'down', '-');
    await readAgain();
    expect(line(4100)).toContain('(+2)');
    const one = made.processes.byPid.get(4100)!;
    made.processes.byPid.set(4100, {...one, start: 80_001.5});
    await readAgain();
    expect(line(4100)).not.toContain('(+2)');
  });

  test('of all moves the selection to the row that hides the selected one', () => {
    press('end', 'up', 'up');
    expect(selected()).toBe(4301);
    press('*');
    expect(selected()).toBe(4300);
    press('*');
    expect(selected()).toBe(4300);
  });

  test('of a process without children has no effect', () => {
    press('down', '-');
    expect(line(4002)).not.toContain('(+');
    expect(pids()).toHaveLength(11);
  });

  test('does not apply to the list, where all are shown', () => {
    press('*', 't');
    expect(pids()).toContain(4101);
    expect(line(4100)).toMatch(/ 12\.5 +120M /);
    press('t');
    expect(pids()).not.toContain(4101);
  });
});

describe('tags', () => {
  test('of a subtree are on all its processes, which the signal menu counts', () => {
    press('down', 'down', 'c', 'k');
    const screen = made.app.draw(160, 60).toString();
    expect(screen).toContain('Signal to 3 processes');
    expect(made.app.targets().map(({pid}) => pid)).toEqual([4100, 4101, 4102]);
  });

  test('of a process that has ended are removed, and its successor has none', async () => {
    press('down', 'down', 'space');
    const one = made.processes.byPid.get(4100)!;
    made.processes.byPid.set(4100, {...one, start: 86_000});
    await readAgain();
    press('home');
    expect(made.app.targets().map(({pid}) => pid)).toEqual([4001]);
  });
});

test('a signal to a process of the supervisor shows its role', () => {
  press('home', 'k');
  expect(made.app.draw(160, 60).toString()).toContain('Signal to keeper node (pid 4001)');
});

describe('zombies and orphans', () => {
  test('are selected one after another, and around', () => {
    press('Z');
    expect(selected()).toBe(4301);
    press('O');
    expect(selected()).toBe(4390);
    press('Z');
    expect(selected()).toBe(4301);
  });

  test('are reported as missing if there are none', async () => {
    made.processes.byPid.delete(4301);
    await readAgain();
    press('Z');
    expect(made.app.message?.text).toBe('no visible zombie');
  });
});
