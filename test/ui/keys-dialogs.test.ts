/** Input lines and choices, key by key. */
import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import type {App} from '../../ui/app.ts';
import {Canvas} from '../../ui/screen/canvas.ts';
import {Choice, type ChoiceOptions} from '../../ui/overlays/choice.ts';
import {Prompt} from '../../ui/overlays/prompt.ts';
import {makeApp} from './golden-app.ts';

/** The dialogs only close it; the views behind them do not matter. */
const app = {close: () => undefined} as unknown as App;

function typed(
  keys: readonly string[],
  text = '',
): {text: string; done: string | null; cancelled: boolean; seen: string[]} {
  const result = {text: '', done: null as string | null, cancelled: false, seen: [] as string[]};
  const prompt = new Prompt({
    label: 'Say: ',
    text,
    changed: now => result.seen.push(now),
    done: now => (result.done = now),
    cancelled: () => (result.cancelled = true),
  });
  for (const key of keys) prompt.key(key, app);
  result.text = prompt.text;
  return result;
}

describe('an input line', () => {
  test.each<[string, readonly string[], string, string]>([
    ['takes what is typed', ['a', 'space', 'B', '図'], '', 'a B図'],
    ['begins with what there was', ['!'], 'web', 'web!'],
    ['takes back a character', ['backspace'], 'web', 'we'],
    ['takes back one as people see it', ['backspace'], 'noe\u0301', 'no'],
    ['takes back nothing at the beginning', ['home', 'backspace'], 'web', 'web'],
    ['types in the middle', ['left', 'left', 'x'], 'web', 'wxeb'],
    ['goes no further than its ends', ['left', 'left', 'left', 'left', 'x', 'end', 'right', 'y'], 'web', 'xweby'],
    ['deletes under the cursor', ['home', 'delete'], 'web', 'eb'],
    ['deletes nothing at the end', ['delete'], 'web', 'web'],
    ['clears up to the cursor', ['left', 'C-u'], 'web', 'b'],
    ['clears from the cursor on', ['left', 'C-k'], 'web', 'we'],
    ['clears a word', ['C-w'], 'state=Z  web ', 'state=Z  '],
    ['goes to its ends by the keys of shells', ['C-a', 'x', 'C-e', 'y'], 'web', 'xweby'],
    ['takes no key that is no character', ['f5', 'up', 'tab', 'S-tab', 'C-b', 'pageup'], 'web', 'web'],
  ])('%s', (_, keys, before, after) => {
    expect(typed(keys, before).text).toBe(after);
  });

  test('reports each change, and its end', () => {
    expect(typed(['a', 'left', 'b', 'enter'])).toMatchObject({seen: ['a', 'ba'], done: 'ba', cancelled: false});
    expect(typed(['a', 'escape'])).toMatchObject({done: null, cancelled: true});
  });

  test('has a maximum length', () => {
    expect(typed(new Array<string>(900).fill('x')).text).toHaveLength(500);
  });

  test('scrolls so that the cursor is visible, at any width', () => {
    const keys = fc.array(fc.constantFrom('a', '図', 'space', 'left', 'right', 'home', 'end', 'backspace', 'C-w'), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(keys, fc.integer({min: 1, max: 30}), (all, width) => {
        const prompt = new Prompt({label: 'Say: ', text: '', done: () => undefined});
        for (const key of all) prompt.key(key, app);
        const canvas = new Canvas(width, 2);
        prompt.draw(canvas);
        expect(canvas.cursor).not.toBeNull();
        expect(canvas.cursor!.x).toBeLessThan(Math.max(width, 7));
        expect(canvas.cursor!.y).toBe(1);
      }),
    );
  });
});

function choice(more: Partial<ChoiceOptions> = {}): {overlay: Choice; chosen: string[]} {
  const chosen: string[] = [];
  const option = (text: string, key?: string) => ({text, choose: () => chosen.push(text), ...(key ? {key} : {})});
  const overlay = new Choice({
    title: 'Which',
    options: [option('alpha', 'a'), option('beta', 'b'), option('gamma')],
    typing: false,
    empty: 'none',
    ...more,
  });
  return {overlay, chosen};
}

describe('a choice', () => {
  test.each<[readonly string[], readonly string[]]>([
    [['enter'], ['alpha']],
    [['down', 'enter'], ['beta']],
    [['up', 'enter'], ['gamma']],
    [['down', 'down', 'down', 'enter'], ['alpha']],
    [['end', 'enter'], ['gamma']],
    [['end', 'home', 'enter'], ['alpha']],
    [['b'], ['beta']],
    [['g'], []],
    [['escape'], []],
    [['q'], []],
  ])('%j chooses %j', (keys, expected) => {
    const {overlay, chosen} = choice();
    for (const key of keys) overlay.key(key, app);
    expect(chosen).toEqual(expected);
  });

  test('starts at the given option', () => {
    const {overlay, chosen} = choice({selected: 2});
    overlay.key('enter', app);
    expect(chosen).toEqual(['gamma']);
  });

  test('is filtered by the typed text, which includes letters that are shortcuts otherwise', () => {
    const {overlay, chosen} = choice({typing: true});
    for (const key of ['b', 'q', 'backspace', 'enter']) overlay.key(key, app);
    expect(chosen).toEqual(['beta']);
  });

  test('without a matching option chooses nothing', () => {
    const {overlay, chosen} = choice({typing: true});
    for (const key of ['x', 'y', 'enter', 'down', 'up', 'enter']) overlay.key(key, app);
    expect(chosen).toEqual([]);
  });
});

describe('an action on several targets', () => {
  test('signals the others even if one is gone, and reports both', async () => {
    const made = await makeApp();
    for (const key of ['down', 'space', 'space', 'k']) made.app.key(key);
    // Its pid belongs to another process by now.
    made.processes.byPid.set(4200, {pid: 4200, ppid: 1, name: 'stranger', start: 86_000});
    await made.world.refresh();
    made.app.key('enter');
    await new Promise(resolve => setImmediate(resolve));
    expect(made.fleet.asked.filter(({method}) => method === 'signal')).toEqual([
      {method: 'signal', params: {signal: 'SIGTERM', targets: ['4201']}},
    ]);
    expect(made.app.message?.text).toBe('process 4200 is gone; SIGTERM sent to web/2 (pid 4201)');
  });

  test('asks only about running workers before they are stopped', async () => {
    const made = await makeApp();
    for (const key of ['end', 'space', 'home', 'space', 's']) made.app.key(key);
    const screen = made.app.draw(80, 24).toString();
    expect(screen).toContain('Stop db/1?');
    expect(screen).not.toMatch(/│ debug\/1 /);
    made.app.key('y');
    await new Promise(resolve => setImmediate(resolve));
    expect(made.fleet.asked.at(-1)).toEqual({method: 'stop', params: {targets: ['db/1']}});
  });

  test('with many targets leaves room for the answers', async () => {
    const made = await makeApp();
    const [one] = made.fleet.ps!.workers;
    const workers = Array.from({length: 60}, (_, n) => ({...one!, id: `web/${n}`, instance: n}));
    made.fleet.ps = {...made.fleet.ps!, workers};
    await made.world.refresh();
    made.app.refreshed();
    for (const key of [...new Array<string>(60).fill('space'), 'r']) made.app.key(key);
    const screen = made.app.draw(80, 24).toString();
    expect(screen).toMatch(/Restart 60 workers\?/);
    expect(screen).toMatch(/and 52 more/);
    expect(screen).toMatch(/│ Yes/);
  });
});
