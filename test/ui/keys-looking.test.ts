/** Every key that changes no process, pressed in a terminal whose screen shows the effect. */
import {afterAll, beforeAll, expect, test} from 'vitest';
import {hidesOthers, HIDEPID} from '../end-to-end/processes.ts';
import {BINDINGS, type Place} from '../../ui/keys.ts';
import type {Cases} from './looking/cases.ts';
import {everywhere} from './looking/everywhere.ts';
import {graph} from './looking/graph.ts';
import {list} from './looking/list.ts';
import {logs} from './looking/logs.ts';
import {processes} from './looking/processes.ts';
import {rows} from './looking/rows.ts';
import {closeStage, openStage, replaceStage, stage} from './looking/shared.ts';
import {workers} from './looking/workers.ts';

beforeAll(openStage);

afterAll(closeStage);

const CASES: Readonly<Record<Place, Cases>> = {everywhere, list, rows, workers, processes, graph, logs};

const LOOKING = BINDINGS.filter(({acts}) => acts !== true);
const nameOf = (place: string, action: string): string => `${place} ${action}`;

/** Keys that are tested on all processes of the machine, which fill more than a screen. */
const NEED_MACHINE: ReadonlySet<string> = new Set(['everywhere all', 'list pageDown', 'list pageUp']);

test.for(LOOKING.flatMap(({place, action, keys, words}) => keys.map(key => ({place, action, key, words}))))(
  '$key ($place): $words',
  async ({place, action, key}, context) => {
    context.skip(hidesOthers && NEED_MACHINE.has(nameOf(place, action)), HIDEPID);
    const pressed = CASES[place][action];
    if (!pressed) throw new Error(`${key} in ${place} (${action}) has no test: write one`);
    try {
      await stage.reset();
      await pressed(key);
    } catch (error) {
      await replaceStage();
      throw error;
    }
  },
);

test('every case belongs to a key binding', () => {
  const known = new Set(LOOKING.map(({place, action}) => nameOf(place, action)));
  const names = Object.entries(CASES).flatMap(([place, cases]) =>
    Object.keys(cases).map(action => nameOf(place, action)),
  );
  expect(names.filter(name => !known.has(name))).toEqual([]);
});
