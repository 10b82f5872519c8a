/** The terminal is restored to its initial state, whatever its kind and however brood top ends. */
import {afterAll, beforeAll, expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {Screen, type ScreenOptions} from './screen.ts';

/** A worker's argument with everything that would harm a terminal. */
const HOSTILE = 'x\x1b[2J\x1b]0;pwned\x07\x9b31m\r\nnew line \u202eodd 日本 👨‍👩‍👧 e\u0301';

let fleet: TestFleet;
beforeAll(() => {
  fleet = new TestFleet({
    fleet: 'shop',
    workers: {
      alpha: {run: ['sleep', '1000']},
      beta: {run: ['sleep', '1000'], instances: 2},
      hostile: {run: ['sh', '-c', 'printf "%s\\n" "$1"; sleep 1000', 'sh', HOSTILE]},
    },
  });
  fleet.up('--wait');
});
afterAll(() => fleet[Symbol.asyncDispose]());

const top = (body: (screen: Screen) => Promise<void>, options: ScreenOptions = {}, ...args: string[]): Promise<void> =>
  using(new Screen(fleet, args, options), body);

const AS_IT_WAS = {alternate: false, cursor: true, mouse: 'none'};

async function leaves(screen: Screen, code: number): Promise<void> {
  expect(await screen.exited()).toBe(code);
  // The emulator processes the last output shortly after the exit.
  const isAsItWas = (): boolean => JSON.stringify(screen.modes()) === JSON.stringify(AS_IT_WAS);
  await until('the terminal to be as it was', isAsItWas);
  expect(screen.sent).not.toMatch(/Setulc|plab_norm|undefined|NaN/);
}

const sizes = [
  [80, 24, 'xterm-256color'],
  [200, 50, 'tmux-256color'],
  [60, 15, 'screen-256color'],
  [300, 100, 'alacritty'],
  [40, 8, 'xterm-kitty'],
  [20, 4, 'foot'],
  [10, 2, 'xterm'],
  [1, 1, 'xterm'],
] as const;

test.each(sizes)('at %i by %i on %s brood top shows what fits', async (columns, rows, term) => {
  await top(
    async screen => {
      await screen.sees(rows > 4 ? /alpha/ : columns > 4 ? /brood/ : /b/);
      expect(screen.modes()).toMatchObject({alternate: true, cursor: false});
      screen.type('q');
      await leaves(screen, 0);
    },
    {columns, rows, term},
  );
});

/** Matches sequences that set other colours than the terminal's default two. */
const COLOUR = /\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;5;\d+)(?:;\d+)*m/;
const COLOUR_256 = /[34]8;5;/;

test.each([
  ['xterm-256color', {}, 256],
  ['xterm', {}, 16],
  ['linux', {}, 16],
  ['vt100', {}, 0],
  ['xterm-256color', {NO_COLOR: '1'}, 0],
  ['xterm', {COLORTERM: 'truecolor'}, 256],
] as const)('on %s with %j brood top uses %i colours', async (term, env, colours) => {
  await top(
    async screen => {
      await screen.sees(/alpha/);
      expect(COLOUR_256.test(screen.sent)).toBe(colours === 256);
      expect(COLOUR.test(screen.sent)).toBe(colours > 0);
      screen.type('2');
      await screen.sees(/COMMAND/);
      screen.type('q');
      await leaves(screen, 0);
    },
    {term, env},
  );
});

test('in the C locale only ASCII is drawn', async () => {
  await top(
    async screen => {
      await screen.sees(/alpha/);
      screen.type('2');
      await screen.sees(/\|- sleep/);
      screen.type('?');
      await screen.sees(/Keys/);
      expect(screen.sent).toMatch(/^[\x00-\x7f]*$/);
      screen.type('escape', 'q');
      await leaves(screen, 0);
    },
    {env: {LANG: 'C', LC_ALL: 'C'}},
  );
});

test('on a terminal without capabilities a table is printed, with exit code 0', async () => {
  await top(
    async screen => {
      expect(await screen.exited()).toBe(0);
      expect(screen.text()).toMatch(/alpha/);
      expect(screen.sent).not.toContain('\x1b');
    },
    {term: 'dumb'},
  );
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
])('after %s the terminal is restored', async (signal, code) => {
  await top(async screen => {
    await screen.sees(/alpha/);
    screen.kill(signal);
    await leaves(screen, code);
  });
});

test('Ctrl-C quits, even from a dialog', async () => {
  await top(async screen => {
    await screen.sees(/alpha/);
    screen.type('k');
    await screen.sees(/SIGTERM/);
    screen.type('C-c');
    await leaves(screen, 0);
  });
});

test('an exception ends brood top with an error, and the terminal is restored', async () => {
  const hook = fleet.path('defect.cjs');
  fleet.write("process.on('SIGUSR2', () => { throw new Error('planted'); });\n", 'defect.cjs');
  await top(
    async screen => {
      await screen.sees(/alpha/);
      screen.kill('SIGUSR2');
      await leaves(screen, 1);
      expect(screen.text()).toMatch(/brood:.*planted/);
    },
    {env: {NODE_OPTIONS: `--require=${hook}`}},
  );
});

test('the terminal may be resized at any time', async () => {
  await top(async screen => {
    await screen.sees(/alpha/);
    screen.type('k');
    await screen.sees(/SIGTERM/);
    for (const [columns, rows] of [
      [30, 5],
      [200, 60],
      [3, 1],
      [120, 30],
    ] as const)
      screen.resize(columns, rows);
    await screen.sees(/Signal to alpha\/1/);
    screen.type('escape');
    await screen.seesNot(/SIGTERM/);
    screen.resize(80, 24);
    await screen.sees(/hostile/);
    screen.type('q');
    await leaves(screen, 0);
  });
});

test('untrusted names and output reach the terminal as text only', async () => {
  await top(
    async screen => {
      await screen.sees(/hostile/);
      screen.type('2');
      await screen.sees(/sh -c printf/);
      screen.type('5');
      await screen.sees(/new line/);
      screen.type('T', 'W');
      await screen.sees(/\d\d:\d\d:\d\d .*new line/);
      expect(screen.sent).not.toMatch(/pwned|\x9b|\u202e/);
      screen.type('q');
      await leaves(screen, 0);
    },
    {columns: 200, rows: 40},
  );
});

test('keys have their meaning even if several arrive in one read, or one in pieces', async () => {
  await top(async screen => {
    await screen.sees(/alpha/);
    screen.write('\x1b[B\x1b[Bk');
    await screen.sees(/Signal to beta\/2/);
    screen.write('\x1b');
    await screen.seesNot(/SIGTERM/);
    screen.write('\x1b');
    screen.write('[');
    screen.write('A');
    screen.write('k');
    await screen.sees(/Signal to beta\/1/);
    screen.write('\x1bq');
    await leaves(screen, 0);
  });
});

test('the mouse selects, clicks hints and titles, scrolls, and can be released for copying', async () => {
  await top(async screen => {
    await screen.sees(/hostile/);
    expect(screen.modes().mouse).not.toBe('none');
    const click = (text: string): void => {
      const at = screen.find(text);
      if (!at) throw new Error(`${text} is not shown`);
      // A press and a release in one read.
      screen.write(`\x1b[<0;${at.x + 1};${at.y + 1}M\x1b[<0;${at.x + 1};${at.y + 1}m`);
    };
    click('beta/2');
    screen.type('k');
    await screen.sees(/Signal to beta\/2/);
    screen.type('escape');
    await screen.seesNot(/SIGTERM/);
    click('Help');
    await screen.sees(/ Keys /);
    screen.type('escape');
    await screen.seesNot(/ Keys /);
    click('PID');
    await screen.sees(/PID▲/);
    screen.write('\x1b[<65;10;10M'.repeat(3));
    screen.type('k');
    await screen.sees(/Signal to hostile\/1/);
    screen.type('escape', 'm');
    await screen.sees(/mouse off/);
    expect(screen.modes().mouse).toBe('none');
    screen.type('q');
    await leaves(screen, 0);
  });
});

test('the screen is redrawn after a stop and a continuation by the shell', async () => {
  await top(async screen => {
    await screen.sees(/alpha/);
    // Another program has overwritten the screen in the meantime.
    screen.scribble('\x1b[2J\x1b[H');
    await screen.seesNot(/alpha/);
    screen.kill('SIGCONT');
    await screen.sees(/alpha/);
    screen.type('q');
    await leaves(screen, 0);
  });
});
