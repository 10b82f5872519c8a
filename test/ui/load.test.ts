/** `brood top` under extreme load: 10,000 processes, long lines; expensive work is done only for what is visible. */
import {describe, expect, test} from 'vitest';
import {MOST_CHARACTERS, MOST_LINES, MOST_OF_ALL, LogLines} from '../../ui/data/log-lines.ts';
import {Canvas} from '../../ui/screen/canvas.ts';
import {Crowd, seat, type Seated} from './crowd.ts';
import {collectedHeap} from './heap.ts';

const COUNT = 10_000;
const WIDTH = 120;
const HEIGHT = 40;

async function crowd(): Promise<Seated & {readonly source: Crowd; readonly screen: () => string}> {
  const source = new Crowd({count: COUNT});
  const seated = seat(source);
  await seated.refresh();
  const screen = (): string => seated.app.draw(WIDTH, HEIGHT).toString();
  screen();
  return {...seated, source, screen};
}

/** Returns the pid of the selected row. */
function selected({app}: Seated): number {
  const [target] = app.targets();
  if (app.targets().length !== 1 || target?.pid == null) throw new Error('not one is selected');
  return target.pid;
}

function type({app}: Seated, ...keys: readonly string[]): void {
  for (const key of keys) app.key(key);
}

const letters = (text: string): string[] => text.match(/./g) ?? [];

describe('10,000 processes', () => {
  test('details are read only of visible processes, on any key', async () => {
    const given = await crowd();
    expect(given.source.detailsRead).toBeLessThanOrEqual(HEIGHT);
    for (const key of ['down', 'pagedown', 'end', 'home', '*', '*', 't', '>', 'I', 'pagedown']) {
      const before = given.source.detailsRead;
      type(given, key);
      given.screen();
      expect({key, read: given.source.detailsRead - before <= HEIGHT}).toEqual({key, read: true});
    }
    const before = given.source.detailsRead;
    await given.refresh();
    given.screen();
    expect(given.source.detailsRead - before).toBeLessThanOrEqual(HEIGHT);
  });

  test('all are counted, and the last one is one key away', async () => {
    const given = await crowd();
    expect(given.screen()).toContain(`${COUNT} processes`);
    type(given, 'end');
    // The last in the order of the tree: 9, 99, 999, 9999.
    expect(selected(given)).toBe(COUNT - 1);
    expect(given.screen()).toMatch(/9999 .*└─ \/usr\/bin\/program-9999/);
  });

  test('the selection stays on its process while others start and end', async () => {
    const given = await crowd();
    type(given, 'end', 'pageup', 'pageup');
    const pid = selected(given);
    const line = given
      .screen()
      .split('\n')
      .findIndex(text => text.includes(`program-${pid} `));
    for (let gone = 5000; gone < 5400; gone++) if (gone !== pid) given.source.gone.add(gone);
    await given.refresh();
    expect(selected(given)).toBe(pid);
    expect(
      given
        .screen()
        .split('\n')
        .findIndex(text => text.includes(`program-${pid} `)),
    ).toBe(line);
  });

  test('the selection does not move to another process that reuses its pid', async () => {
    const given = await crowd();
    type(given, 'end', 'pageup');
    const pid = selected(given);
    given.source.again.add(pid);
    for (let gone = 5000; gone < 5400; gone++) given.source.gone.add(gone);
    await given.refresh();
    expect(selected(given)).not.toBe(pid);
  });

  test('search finds one of them', async () => {
    const given = await crowd();
    type(given, '/', ...letters('program-7654'), 'enter');
    expect(selected(given)).toBe(7654);
    given.source.gone.add(12);
    await given.refresh();
    expect(selected(given)).toBe(7654);
  });

  test('sorted by CPU the busiest is first at each reading, and equal ones keep their order', async () => {
    const given = await crowd();
    type(given, 't');
    while (!/CPU%[▲▼]/.test(given.screen())) type(given, '>');
    for (let reading = 0; reading < 3; reading++) {
      await given.refresh();
      type(given, 'home');
      const {rows} = given.world.snapshot;
      const all = Array.from({length: rows.count}, (_, n) => rows.at(n));
      const most = Math.max(...all.map(row => rows.cpuPercent[row] ?? 0));
      const first = all.find(row => rows.cpuPercent[row] === most);
      expect(selected(given)).toBe(rows.pid[first ?? -1]);
    }
  });

  test('a filter keeps the matching ones, also at later readings', async () => {
    const given = await crowd();
    type(given, '\\', ...letters('pid>9990'), 'enter');
    expect(given.screen()).toContain('filter pid>9990: 10');
    given.source.gone.add(9995);
    await given.refresh();
    expect(given.screen()).toContain('filter pid>9990: 9');
    type(given, 'escape', 'home');
    expect(given.screen()).toContain('program-1 ');
  });

  test('a folded subtree is hidden completely, and its size shown', async () => {
    const given = await crowd();
    type(given, 'down', '-');
    expect(given.screen()).toMatch(/program-10 .*\(\+111\)/);
    expect(given.screen()).not.toMatch(/program-100 /);
    await given.refresh();
    expect(given.screen()).toMatch(/program-10 .*\(\+111\)/);
    type(given, '+');
    expect(given.screen()).toMatch(/program-100 /);
  });
});

describe('long lines', () => {
  test.each([
    ['x', 1],
    ['日', 2],
    ['e\u0301', 1],
    ['😀', 2],
  ])('of 100,000 times %j are drawn by their beginning and an ellipsis', (character, width) => {
    const canvas = new Canvas(21, 1);
    expect(canvas.put(0, 0, character.repeat(100_000), 'plain', 21, '…')).toBe(21);
    expect(canvas.line(0)).toBe(character.repeat(20 / width) + '…');
  });
});

describe('lines of logs', () => {
  const line = (text: string) =>
    ({at: 0, worker: 'w', instance: 1, stream: 'out', line: text, partial: false}) as const;

  test('are kept up to a number, the last ones, and the number of dropped ones is returned', () => {
    const lines = new LogLines();
    let dropped = 0;
    for (let n = 0; n < 5 * MOST_LINES; n++) dropped += lines.push(line(`line ${n}`));
    expect(lines.length).toBeLessThan(1.2 * MOST_LINES);
    expect(dropped + lines.length).toBe(5 * MOST_LINES);
    expect(lines.all[0]?.line).toBe(`line ${dropped}`);
    expect(lines.all.at(-1)?.line).toBe(`line ${5 * MOST_LINES - 1}`);
  });

  test('are kept in smaller numbers if they are long', () => {
    const lines = new LogLines();
    for (let n = 0; n < 3 * (MOST_OF_ALL / MOST_CHARACTERS); n++) lines.push(line('x'.repeat(MOST_CHARACTERS)));
    const characters = lines.all.reduce((sum, one) => sum + one.line.length, 0);
    expect(characters).toBeLessThanOrEqual(MOST_OF_ALL);
    expect(characters).toBeGreaterThan(MOST_OF_ALL / 2);
  });

  test('keep only their beginning in memory if they are very long', () => {
    const lines = new LogLines();
    const before = collectedHeap();
    const long = Buffer.alloc(256 * 1024, 'x');
    for (let n = 0; n < 800; n++) lines.push(line(long.toString()));
    expect(collectedHeap() - before).toBeLessThan(2 * 800 * MOST_CHARACTERS + 20 * 1024 * 1024);
    expect(lines.all[0]?.line).toBe('x'.repeat(MOST_CHARACTERS));
  });
});
