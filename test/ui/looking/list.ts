/** Keys of everything that scrolls: movement and search. */
import {until} from '../../end-to-end/harness.ts';
import type {Cases} from './cases.ts';
import {stage} from './shared.ts';

/** Shows all processes of the machine, which exceed a screen. */
async function showMachine(): Promise<void> {
  stage.type('A');
  await stage.shows('Tree');
  await stage.sees(/ machine/);
  stage.type('home');
}

async function leaveMachine(): Promise<void> {
  stage.type('A');
  await stage.sees(/ fleet\s*$/m);
}

export const list: Cases = {
  up: async key => {
    stage.type('down', 'down');
    await stage.selects(/^db\/1/);
    stage.type(key);
    await stage.selects(/^web\/2/);
  },
  down: async key => {
    stage.type(key);
    await stage.selects(/^web\/2/);
  },
  pageDown: async key => {
    await showMachine();
    await stage.selects(/^1 /);
    const top = stage.height();
    stage.type(key);
    await until('a page to be passed', () => stage.height() - top > 20);
    await leaveMachine();
  },
  pageUp: async key => {
    await showMachine();
    await stage.selects(/^1 /);
    const top = stage.height();
    stage.type('pagedown');
    await until('a page to be passed', () => stage.height() - top > 20);
    const low = stage.height();
    stage.type(key);
    // Not exactly where it was: processes start and end meanwhile.
    await until('a page to be passed back', () => low - stage.height() > 20);
    await leaveMachine();
  },
  home: async key => {
    stage.type('end');
    await stage.selects(/^pipes\/1/);
    stage.type(key);
    await stage.selects(/^web\/1/);
  },
  end: async key => {
    stage.type(key);
    await stage.selects(/^pipes\/1/);
  },
  left: async key => {
    stage.type('5');
    await stage.sees(/web\/1 is at work/);
    stage.type('right');
    await stage.seesNot(/web\/1 is at work/);
    stage.type(key);
    await stage.sees(/web\/1 is at work/);
  },
  right: async key => {
    stage.type('5');
    await stage.sees(/web\/1 is at work/);
    stage.type(key);
    await stage.seesNot(/web\/1 is at work/);
    stage.type('left');
  },
  search: async key => {
    stage.type(key, 'sleep');
    await stage.sees(/Search: sleep/);
    stage.type('escape', key, 'pipes');
    // The selection moves while the text is typed.
    await stage.selects(/^pipes\/1/);
    stage.type('enter');
    await stage.sees(/search pipes/);
  },
  searchNext: async key => {
    stage.type('/', 'web/', 'enter');
    await stage.selects(/^web\/1/);
    stage.type(key);
    await stage.selects(/^web\/2/);
    stage.type(key);
    await stage.selects(/^web\/1/);
  },
  searchBack: async key => {
    stage.type('/', 's/1', 'enter');
    await stage.selects(/^zombies\/1/);
    stage.type(key);
    await stage.selects(/^pipes\/1/);
  },
};
