/** The tree: who stands where, what folding hides, and that nothing dances. */
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

/** The lines of the tree, without what is around them. */
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
  test('parents come before their children, those by pid', () => {
    expect(pids()).toEqual([4001, 4002, 4100, 4101, 4102, 4200, 4201, 4300, 4301, 4302, 4390]);
  });

  test('the machine has all but threads of the kernel', () => {
    press('A');
    expect(pids()).toEqual([1, 300, 310, 311, 4000, 4001, 4002, 4100, 4101, 4102, 4200, 4201, 4300, 4301, 4302, 4390]);
  });

  test('whoever fleet processes have lost their keeper to is a root beside it', async () => {
    const orphan = made.processes.byPid.get(4390)!;
    made.processes.byPid.set(4390, {...orphan, ppid: 1});
    await readAgain();
    expect(line(4390)).toMatch(/ mailer --queue/);
    expect(line(4390)).not.toMatch(/[├└]─/);
  });

  test('readings change numbers and no places', async () => {
    const before = pids();
    for (const cpu of [90, 0, 40]) {
      for (const one of [...made.processes.byPid.values()])
        made.processes.byPid.set(one.pid, {...one, cpu: (one.pid * cpu) % 97});
      await readAgain();
      expect(pids()).toEqual(before);
    }
  });

  test('whoever comes and goes moves nobody past another', async () => {
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
            // Those whose parent has gone hang elsewhere; all others stand as they stood.
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
  test('hides what is below, and shows the sums of it', () => {
    press('down', 'down', '-');
    expect(pids()).not.toContain(4101);
    // 12.5 + 2 + 61.5 %, 120 + 30 + 31 MiB.
    expect(line(4100)).toMatch(/ 76\.0 +181M .*▸ postgres -D data {2}\(\+2\)/);
    press('+');
    expect(pids()).toContain(4101);
    expect(line(4100)).toMatch(/ 12\.5 +120M /);
  });

  test('stays with a process, and is none of another with its pid', async () => {
    press('down', 'down', '-');
    await readAgain();
    expect(line(4100)).toContain('(+2)');
    const one = made.processes.byPid.get(4100)!;
    made.processes.byPid.set(4100, {...one, start: 80_001.5});
    await readAgain();
    expect(line(4100)).not.toContain('(+2)');
  });

  test('of all leaves the selection with the one that hides what was selected', () => {
    press('end', 'up', 'up');
    expect(selected()).toBe(4301);
    press('*');
    expect(selected()).toBe(4300);
    press('*');
    expect(selected()).toBe(4300);
  });

  test('of one without children does nothing', () => {
    press('down', '-');
    expect(line(4002)).not.toContain('(+');
    expect(pids()).toHaveLength(11);
  });

  test('is undone in a list, where all are shown', () => {
    press('*', 't');
    expect(pids()).toContain(4101);
    expect(line(4100)).toMatch(/ 12\.5 +120M /);
    press('t');
    expect(pids()).not.toContain(4101);
  });
});

describe('tags', () => {
  test('of one and all below it are these, and the signal menu counts them', () => {
    press('down', 'down', 'c', 'k');
    const screen = made.app.draw(160, 60).toString();
    expect(screen).toContain('Signal to 3 processes');
    expect(made.app.targets().map(({pid}) => pid)).toEqual([4100, 4101, 4102]);
  });

  test('of a process that ends are gone, and its successor has none', async () => {
    press('down', 'down', 'space');
    const one = made.processes.byPid.get(4100)!;
    made.processes.byPid.set(4100, {...one, start: 86_000});
    await readAgain();
    press('home');
    expect(made.app.targets().map(({pid}) => pid)).toEqual([4001]);
  });
});

test('a signal for the supervisor’s own says whose it is', () => {
  press('home', 'k');
  expect(made.app.draw(160, 60).toString()).toContain('Signal to keeper node (pid 4001)');
});

describe('zombies and orphans', () => {
  test('are gone to one after another, and around', () => {
    press('Z');
    expect(selected()).toBe(4301);
    press('O');
    expect(selected()).toBe(4390);
    press('Z');
    expect(selected()).toBe(4301);
  });

  test('that there are none of is said', async () => {
    made.processes.byPid.delete(4301);
    await readAgain();
    press('Z');
    expect(made.app.message?.text).toBe('there is no zombie to be seen');
  });
});
