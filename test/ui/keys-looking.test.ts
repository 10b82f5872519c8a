/** Every key that changes nothing, pressed in a terminal: what it does is seen there. */
import {readdirSync} from 'node:fs';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {until, type TestFleet} from '../end-to-end/harness.ts';
import {BINDINGS, type Action, type Place} from '../../ui/keys.ts';
import {Stage, stageFleet} from './keys-stage.ts';

let fleet: TestFleet;
let stage: Stage;

beforeAll(async () => {
  fleet = stageFleet().up('--wait');
  stage = new Stage(fleet);
  await stage.sees(/pipes\/1 +ready/);
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
});

type Case = (key: string) => Promise<void>;

/** All processes of the machine: more than a screen holds. */
async function machine(): Promise<void> {
  stage.type('A');
  await stage.shows('Tree');
  await stage.sees(/ machine/);
  stage.type('home');
}

async function leaveMachine(): Promise<void> {
  stage.type('A');
  await stage.sees(/ fleet\s*$/m);
}

async function tree(): Promise<void> {
  stage.type('2', 'home');
  await stage.shows('Tree');
  await stage.sees(/├─/);
}

const view =
  (name: string): Case =>
  async key => {
    stage.type(name === 'Fleet' ? '2' : '1');
    await until('another view', () => stage.view() !== name);
    stage.type(key);
    await stage.shows(name);
  };

/** Whether process 1 is listed: it belongs to the machine, and to no fleet. The line above may say "1 zombie". */
const hasInit = (): boolean => stage.rows().some(row => /^ *1 /.test(row));

const CASES: Readonly<Record<string, Case>> = {
  'everywhere help': async key => {
    stage.type(key);
    await stage.sees(/┌─ Keys ─/);
    await stage.sees(/k F9 +send a signal|In lists/);
    stage.type(key);
    await stage.seesNot(/┌─ Keys ─/);
  },
  'everywhere quit': async key => {
    const other = new Stage(fleet);
    try {
      await other.sees(/web\/1/);
      other.type(key);
      expect(await other.screen.exited()).toBe(0);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  },
  'everywhere close': async key => {
    stage.type('\\', 'db', 'enter');
    await stage.seesNot(/web\/1/);
    stage.type(key);
    await stage.sees(/web\/1/);
    stage.type('?');
    await stage.sees(/┌─ Keys ─/);
    stage.type(key);
    await stage.seesNot(/┌─ Keys ─/);
  },
  'everywhere view1': view('Fleet'),
  'everywhere view2': view('Tree'),
  'everywhere view3': view('IPC'),
  'everywhere view4': view('Events'),
  'everywhere view5': view('Logs'),
  'everywhere nextView': async key => {
    for (const name of ['Tree', 'IPC', 'Events', 'Logs', 'Fleet']) {
      stage.type(key);
      await stage.shows(name);
    }
  },
  'everywhere previousView': async key => {
    for (const name of ['Logs', 'Events']) {
      stage.type(key);
      await stage.shows(name);
    }
  },
  'everywhere all': async key => {
    stage.type('2');
    await stage.shows('Tree');
    await until('the fleet alone', () => !hasInit());
    stage.type(key, 'home');
    await stage.selects(/^1 /);
    stage.type(key);
    await until('the fleet alone', () => !hasInit());
  },
  'everywhere zombies': async key => {
    stage.type(key);
    await stage.shows('Tree');
    await stage.selects(/Z.*zombies\/1.*\[sh\] zombie/);
  },
  'everywhere orphans': async key => {
    stage.type(key);
    await stage.shows('Tree');
    await stage.selects(/orphans\/1 orphan.*sleep 2001/);
  },
  'everywhere save': async key => {
    await stage.sees(/web\/1/);
    stage.type(key);
    const [, name = ''] = await stage.sees(/saved as (brood-top-\S+\.txt)/);
    expect(readdirSync(fleet.folder)).toContain(name);
    expect(fleet.read(name)).toMatch(/^brood {2}1 Fleet[\s\S]*web\/1 +ready/);
    // Also twice in a second, and nothing is overwritten.
    stage.type(key);
    const [, other = ''] = await stage.sees(new RegExp(`saved as (?!${name})(brood-top-\\S+\\.txt)`));
    expect(fleet.read(other)).not.toBe('');
  },
  'everywhere freeze': async key => {
    stage.type(key);
    await stage.sees(/frozen: z goes on/);
    await stage.choose('db/1');
    fleet.run('restart', 'db');
    const pid = stage.pid('db/1');
    expect(stage.selected()).not.toContain(` ${pid} `);
    stage.type(key);
    await stage.seesNot(/frozen: z/);
    await stage.selects(new RegExp(`db/1 .* ${pid} `));
  },
  'everywhere mouse': async key => {
    await until('the mouse to be on', () => stage.screen.modes().mouse !== 'none');
    stage.type(key);
    await stage.sees(/mouse off: the terminal marks and copies/);
    expect(stage.screen.modes().mouse).toBe('none');
    stage.type(key);
    await stage.sees(/mouse on/);
    expect(stage.screen.modes().mouse).not.toBe('none');
  },
  'everywhere palette': async key => {
    stage.type(key, 'journal');
    await stage.sees(/┌─ What to do ─/);
    await stage.sees(/> journal/);
    stage.type('enter');
    await stage.shows('Events');
  },
  'list up': async key => {
    stage.type('down', 'down');
    await stage.selects(/^db\/1/);
    stage.type(key);
    await stage.selects(/^web\/2/);
  },
  'list down': async key => {
    stage.type(key);
    await stage.selects(/^web\/2/);
  },
  'list pageDown': async key => {
    await machine();
    await stage.selects(/^1 /);
    const top = stage.height();
    stage.type(key);
    await until('a page to be passed', () => stage.height() - top > 20);
    await leaveMachine();
  },
  'list pageUp': async key => {
    await machine();
    await stage.selects(/^1 /);
    const top = stage.height();
    stage.type('pagedown');
    await until('a page to be passed', () => stage.height() - top > 20);
    stage.type(key);
    await stage.selects(/^1 /);
    await leaveMachine();
  },
  'list home': async key => {
    stage.type('end');
    await stage.selects(/^pipes\/1/);
    stage.type(key);
    await stage.selects(/^web\/1/);
  },
  'list end': async key => {
    stage.type(key);
    await stage.selects(/^pipes\/1/);
  },
  'list left': async key => {
    stage.type('5');
    await stage.sees(/web\/1 is at work/);
    stage.type('right');
    await stage.seesNot(/web\/1 is at work/);
    stage.type(key);
    await stage.sees(/web\/1 is at work/);
  },
  'list right': async key => {
    stage.type('5');
    await stage.sees(/web\/1 is at work/);
    stage.type(key);
    await stage.seesNot(/web\/1 is at work/);
    stage.type('left');
  },
  'list search': async key => {
    stage.type(key, 'sleep');
    await stage.sees(/Search: sleep/);
    stage.type('escape', key, 'pipes');
    // It goes there while it is typed.
    await stage.selects(/^pipes\/1/);
    stage.type('enter');
    await stage.sees(/search pipes/);
  },
  'list searchNext': async key => {
    stage.type('/', 'web/', 'enter');
    await stage.selects(/^web\/1/);
    stage.type(key);
    await stage.selects(/^web\/2/);
    stage.type(key);
    await stage.selects(/^web\/1/);
  },
  'list searchBack': async key => {
    stage.type('/', 's/1', 'enter');
    await stage.selects(/^zombies\/1/);
    stage.type(key);
    await stage.selects(/^pipes\/1/);
  },
  'rows details': async key => {
    stage.type(key);
    await stage.sees(/┌─ web\/1 ─/);
    await stage.sees(/life line +S/);
    await stage.sees(/command +.*listener\.sh/);
    await stage.sees(/Open files|blocked/);
  },
  'rows filter': async key => {
    stage.type(key, 's=1');
    await stage.sees(/Filter: s=1/);
    stage.type('\x15', 'id=db/1', 'enter');
    await stage.seesNot(/web\/1/);
    await stage.sees(/filter id=db\/1: 1/);
    expect(stage.rows()).toHaveLength(1);
  },
  'rows sort': async key => {
    stage.type(key);
    await stage.sees(/sorted by id/);
    await until('the first by name', () => stage.rows()[0]?.startsWith(' db/1'));
    // Through all columns, and back to the order of the fleet.
    for (let said = 'sorted by id'; said !== 'in natural order';) {
      const before = said;
      stage.type(key);
      said = await until('the next order', () => {
        const [now] = /sorted by \w+|in natural order/.exec(stage.screen.text()) ?? [];
        return now !== before && now;
      });
    }
    await until('the order of the fleet', () => stage.rows()[0]?.startsWith(' web/1'));
  },
  'rows invert': async key => {
    stage.type(key);
    await until('the last first', () => stage.rows()[0]?.startsWith(' pipes/1'));
    stage.type(key);
    await until('the first first', () => stage.rows()[0]?.startsWith(' web/1'));
  },
  'workers tag': async key => {
    stage.type(key);
    await stage.sees(/●web\/1/);
    await stage.sees(/1 tagged/);
    await stage.selects(/^web\/2/);
    stage.type('up', key);
    await stage.seesNot(/tagged/);
  },
  'workers untag': async key => {
    stage.type('space', 'space');
    await stage.sees(/2 tagged/);
    stage.type(key);
    await stage.seesNot(/●|tagged/);
  },
  'workers logs': async key => {
    await stage.choose('web/2');
    stage.type(key);
    await stage.shows('Logs');
    await stage.sees(/web\/2: 1 lines?, following/);
    await stage.sees(/web\/2 is at work/);
  },
  'workers ipc': async key => {
    await stage.choose('pipes/1');
    stage.type(key);
    await stage.shows('IPC');
    await stage.sees(/of pipes\/1 \(Esc: all\)/);
    await stage.sees(/pipe +pipes\/1 sleep \d+ +→ pipes\/1 sleep \d+/);
  },
  'workers events': async key => {
    await stage.choose('db/1');
    stage.type(key);
    await stage.shows('Events');
    await stage.sees(/filter worker=db\/1: \d+/);
    for (const line of stage.rows()) expect(line).toContain(' db/1 ');
  },
  'processes treeOrList': async key => {
    await tree();
    stage.type(key);
    await stage.seesNot(/├─/);
    const pids = stage.rows().map(line => Number.parseInt(line, 10));
    expect(pids.length).toBeGreaterThan(8);
    expect(pids).toEqual([...pids].sort((a, b) => a - b));
    stage.type(key);
    await stage.sees(/├─/);
  },
  'processes fold': async key => {
    await tree();
    await stage.choose('pipes/1 ');
    stage.type(key);
    await stage.selects(/▸ .*\(\+2\)/);
    await stage.seesNot(/sleep 998\s*$/m);
    stage.type('+');
    await stage.sees(/sleep 998\s*$/m);
  },
  'processes unfold': async key => {
    await tree();
    await stage.choose('pipes/1 ');
    stage.type('-');
    await stage.selects(/\(\+2\)/);
    stage.type(key);
    await stage.sees(/sleep 998\s*$/m);
  },
  'processes foldAll': async key => {
    await tree();
    stage.type(key);
    await stage.seesNot(/sleep 998\s*$/m);
    await stage.seesNot(/zombie\s*$/m);
    stage.type(key);
    await stage.sees(/sleep 998\s*$/m);
  },
  'processes tagChildren': async key => {
    await tree();
    await stage.choose('pipes/1 ');
    stage.type(key);
    await stage.sees(/3 tagged/);
    await stage.sees(/● +\d+ .*sleep 999\s*$/m);
  },
  'graph treeOrList': async key => {
    stage.type('3');
    await stage.sees(/KIND +FROM/);
    stage.type(key);
    await stage.sees(/PROCESSES, AND WHAT JOINS THEM/);
    await stage.sees(/^ [├└]─ \w+ .*[→←↔] \w/m);
    stage.type(key);
    await stage.sees(/KIND +FROM/);
  },
  'graph wrap': async key => {
    stage.type('3');
    await stage.sees(/KIND +FROM/);
    const before = stage.rows().length;
    stage.type(key);
    await stage.sees(/also channels with one process alone/);
    await until('more rows', () => stage.rows().length > before);
    stage.type(key);
    await stage.sees(/channels that join processes/);
  },
  'logs follow': async key => {
    stage.type('5');
    await stage.sees(/all workers: \d+ lines, following/);
    stage.type(key);
    await stage.sees(/NOT following/);
    // In the footer, too, with how to go on.
    await stage.sees(/not following.*\(f or End follows\)/);
    stage.type(key);
    await stage.seesNot(/NOT following|not following/);
  },
  'logs wrap': async key => {
    stage.type('5');
    await stage.sees(/is at work/);
    await stage.seesNot(/xEND/);
    stage.type(key);
    await stage.sees(/xEND/);
    stage.type(key);
    await stage.seesNot(/xEND/);
  },
  'logs times': async key => {
    stage.type('5');
    await stage.sees(/is at work/);
    stage.type(key);
    await stage.sees(/\d\d:\d\d:\d\d web\/1/);
    stage.type(key);
    await stage.seesNot(/\d\d:\d\d:\d\d web\/1/);
  },
};

const LOOKING = BINDINGS.filter(({acts}) => acts !== true);
const nameOf = (place: Place, action: Action): string => `${place} ${action}`;

test.each(LOOKING.flatMap(({place, action, keys, words}) => keys.map(key => ({place, action, key, words}))))(
  '$key ($place): $words',
  async ({place, action, key}) => {
    const pressed = CASES[nameOf(place, action)];
    if (!pressed) throw new Error(`${key} in ${place} (${action}) has no test: write one`);
    try {
      await stage.reset();
      await pressed(key);
    } catch (error) {
      // One that fails leaves the others a stage in order.
      await stage[Symbol.asyncDispose]();
      stage = new Stage(fleet);
      throw error;
    }
  },
);

test('no test is left of a key that there is no more', () => {
  const known = new Set(LOOKING.map(({place, action}) => nameOf(place, action)));
  expect(Object.keys(CASES).filter(name => !known.has(name))).toEqual([]);
});
