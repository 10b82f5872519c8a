/** Every view and every overlay as users see it: identical on each machine, at any time. */
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, onTestFinished, test, vi} from 'vitest';
import {until} from '../end-to-end/harness.ts';
import {Writer} from '../logs/model.ts';
import {makeApp, type Made, type MadeOptions} from './golden-app.ts';
import {NOW} from './golden-processes.ts';
import {expectGolden, kept} from './golden.ts';

interface Scene {
  readonly name: string;
  readonly options?: MadeOptions;
  readonly keys?: readonly string[];
  readonly before?: (made: Made) => void | Promise<void>;
  readonly after?: (made: Made) => void | Promise<void>;
}

/** Waits for the response to the request of the first frame. */
const answered = async ({app}: Made): Promise<void> => {
  app.draw(80, 24);
  await new Promise(resolve => setImmediate(resolve));
};

const typed = (text: string): string[] => Array.from(text, one => (one === ' ' ? 'space' : one));
const press = (...keys: string[]): readonly string[] => keys;
const down = (times: number): string[] => new Array<string>(times).fill('down');

const SCENES: readonly Scene[] = [
  {name: 'fleet'},
  {name: 'fleet-sorted', keys: press('>', '>', 'I')},
  {name: 'fleet-tagged', keys: press('space', 'down', 'space')},
  {name: 'fleet-filtered', keys: press('\\', ...typed('status=ready !web'), 'enter')},
  {name: 'fleet-filter-wrong', keys: press('\\', ...typed('size>3'), 'enter')},
  {name: 'fleet-filter-typing', keys: press('\\', ...typed('web'))},
  {name: 'fleet-searched', keys: press('/', ...typed('gave up'), 'enter')},
  {name: 'fleet-read-only', options: {readOnly: true}, keys: press('k')},
  {name: 'fleet-ascii', options: {ascii: true}},
  {
    name: 'fleet-lost',
    before: ({fleet}) => {
      fleet.connection = 'lost';
      fleet.lostAt = NOW - 4_000;
    },
  },
  {
    name: 'fleet-gone',
    before: ({fleet}) => {
      fleet.connection = 'gone';
      fleet.lostAt = NOW - 90_000;
    },
  },
  {
    name: 'fleet-connecting',
    before: ({fleet}) => {
      fleet.connection = 'connecting';
      fleet.ps = null;
      fleet.lineage = null;
    },
  },
  {name: 'fleet-frozen', keys: press('z')},
  {name: 'tree', keys: press('2')},
  {name: 'tree-folded', keys: press('2', 'down', 'down', '-')},
  {name: 'tree-all-folded', keys: press('2', '*')},
  {name: 'tree-list', keys: press('2', 't')},
  {name: 'tree-zombie', keys: press('Z')},
  {name: 'tree-orphan', keys: press('O')},
  {name: 'tree-machine', keys: press('A')},
  {name: 'tree-tagged', keys: press('2', 'down', 'down', 'c')},
  {name: 'tree-ascii', options: {ascii: true}, keys: press('2')},
  {name: 'machine', options: {withoutFleet: true}},
  {name: 'machine-fleet', options: {withoutFleet: true}, keys: press('1')},
  {name: 'ipc', keys: press('3')},
  {name: 'ipc-alone', keys: press('3', 'W')},
  {name: 'ipc-graph', keys: press('3', 't')},
  {name: 'ipc-details', keys: press('3', 'end', 'enter')},
  {name: 'ipc-of-one', keys: press('i')},
  {name: 'events', keys: press('4')},
  {name: 'events-scrolled', keys: press('4', 'home')},
  {name: 'events-of-one', keys: press('down', 'down', 'e')},
  {name: 'event-details', keys: press('4', 'enter')},
  {name: 'logs', keys: press('5')},
  {name: 'logs-wrapped', keys: press('5', 'W', 'T')},
  {name: 'logs-scrolled', keys: press('5', 'home')},
  {name: 'details-worker', keys: press('down', 'down', 'enter'), after: answered},
  {name: 'details-worker-below', keys: press('down', 'down', 'enter'), after: async made => {
    await answered(made);
    made.app.draw(80, 24);
    made.app.key('end');
  }},
  {name: 'details-process', keys: press('2', ...down(5), 'enter')},
  {name: 'details-zombie', keys: press('Z', 'enter')},
  {name: 'details-ended', keys: press('Z', 'enter'), after: async ({app, processes, world}) => {
      app.draw(80, 24);
    processes.byPid.delete(4301);
    await world.refresh();
  }},
  {name: 'keys', keys: press('?')},
  {name: 'keys-read-only', options: {readOnly: true}, keys: press('?')},
  {name: 'signals', keys: press('down', 'k')},
  {name: 'signals-several', keys: press('space', 'space', 'space', 'space', 'k', 'down')},
  {name: 'palette', keys: press(':')},
  {name: 'palette-typed', keys: press(':', ...typed('sig'))},
  {name: 'palette-nothing', keys: press(':', ...typed('xyz'))},
  {name: 'confirm-restart', keys: press('down', 'down', 'r')},
  {name: 'confirm-stop-several', keys: press(...new Array<string>(5).fill('space'), 's')},
  {name: 'ask-alarm', keys: press('a', ...typed('90'))},
  {name: 'ask-scale', keys: press('down', 'S')},
]; // prettier-ignore

const SIZES = [
  [80, 24],
  [200, 50],
] as const;

const CASES = SCENES.flatMap(scene => SIZES.map(([width, height]) => ({scene, width, height})));
const nameOf = ({scene, width, height}: (typeof CASES)[number]): string => `${scene.name}-${width}x${height}`;

beforeEach(() => {
  // Times depend on the time zone, durations on the present, and messages disappear after some seconds.
  vi.stubEnv('TZ', 'UTC');
  vi.useFakeTimers({toFake: ['Date', 'performance'], now: NOW});
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** Writes the logs of two workers. */
function logFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'brood-test-'));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  const web = new Writer(folder, 'web/1', 'out');
  const errors = new Writer(folder, 'thumbnails/1', 'err');
  for (let n = 0; n < 60; n++) {
    web.write(
      `GET /articles/${n}?page=2&sort=date&filter=all 200 ${n * 7} ms "Mozilla/5.0 (X11; Linux x86_64)"\n`,
      NOW - 100_000 + n * 1000,
    );
    if (n % 20 === 5)
      errors.write(`\x1b[31mcannot convert größe-${n}.png\x1b[0m: out of memory\n`, NOW - 99_500 + n * 1000);
  }
  return folder;
}

test.each(CASES)('$scene.name at $width by $height', async one => {
  const {scene, width, height} = one;
  const made = await makeApp({folder: logFolder(), ...scene.options});
  await scene.before?.(made);
  made.app.refreshed();
  for (const key of scene.keys ?? []) {
    made.app.draw(width, height);
    made.app.key(key);
  }
  await scene.after?.(made);
  if (scene.name.startsWith('logs'))
    await until('the logs', () => /: 63 lines/.test(made.app.draw(width, height).toString()));
  const canvas = made.app.draw(width, height);
  expect(canvas.text.length).toBe(width * height);
  expectGolden(nameOf(one), canvas);
});

test('every stored screen is compared', () => {
  expect(kept().sort()).toEqual(CASES.map(nameOf).sort());
});
