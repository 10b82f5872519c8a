/** Keys that apply everywhere: help, views, zombies and orphans, the display, and the palette. */
import {readdirSync} from 'node:fs';
import {expect} from 'vitest';
import {until} from '../../end-to-end/harness.ts';
import {Stage} from '../keys-stage.ts';
import type {Case, Cases} from './cases.ts';
import {fleet, stage} from './shared.ts';

/** Presses the key of a view while another one is shown. */
const view =
  (name: string): Case =>
  async key => {
    stage.type(name === 'Fleet' ? '2' : '1');
    await until('another view', () => stage.view() !== name);
    stage.type(key);
    await stage.shows(name);
  };

/** Whether process 1 is listed: it belongs to the machine, and to no fleet. */
const hasInit = (): boolean => stage.rows().some(row => /^ *1 /.test(row));

export const everywhere: Cases = {
  help: async key => {
    stage.type(key);
    await stage.sees(/┌─ Keys ─/);
    await stage.sees(/k F9 +send a signal|In lists/);
    stage.type(key);
    await stage.seesNot(/┌─ Keys ─/);
  },
  quit: async key => {
    const other = new Stage(fleet);
    try {
      await other.sees(/web\/1/);
      other.type(key);
      expect(await other.screen.exited()).toBe(0);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  },
  close: async key => {
    stage.type('\\', 'db', 'enter');
    await stage.seesNot(/web\/1/);
    stage.type(key);
    await stage.sees(/web\/1/);
    stage.type('?');
    await stage.sees(/┌─ Keys ─/);
    stage.type(key);
    await stage.seesNot(/┌─ Keys ─/);
  },
  'view fleet': view('Fleet'),
  'view tree': view('Tree'),
  'view ipc': view('IPC'),
  'view events': view('Events'),
  'view logs': view('Logs'),
  nextView: async key => {
    for (const name of ['Tree', 'IPC', 'Events', 'Logs', 'Fleet']) {
      stage.type(key);
      await stage.shows(name);
    }
  },
  previousView: async key => {
    for (const name of ['Logs', 'Events']) {
      stage.type(key);
      await stage.shows(name);
    }
  },
  all: async key => {
    stage.type('2');
    await stage.shows('Tree');
    await until('the fleet alone', () => !hasInit());
    stage.type(key, 'home');
    await stage.selects(/^1 /);
    stage.type(key);
    await until('the fleet alone', () => !hasInit());
  },
  zombies: async key => {
    stage.type(key);
    await stage.shows('Tree');
    await stage.selects(/Z.*zombies\/1.*\[sh\] zombie/);
  },
  orphans: async key => {
    stage.type(key);
    await stage.shows('Tree');
    await stage.selects(/orphans\/1 orphan.*sleep 2001/);
  },
  save: async key => {
    await stage.sees(/web\/1/);
    stage.type(key);
    const [, name = ''] = await stage.sees(/saved as (brood-top-\S+\.txt)/);
    expect(readdirSync(fleet.folder)).toContain(name);
    expect(fleet.read(name)).toMatch(/^brood {2}1 Fleet[\s\S]*web\/1 +ready/);
    // A second snapshot within the same second gets another name.
    stage.type(key);
    const [, other = ''] = await stage.sees(new RegExp(`saved as (?!${name})(brood-top-\\S+\\.txt)`));
    expect(fleet.read(other)).not.toBe('');
  },
  freeze: async key => {
    stage.type(key);
    await stage.sees(/frozen: z continues/);
    await stage.choose('db/1');
    fleet.run('restart', 'db');
    const pid = stage.pid('db/1');
    expect(stage.selected()).not.toContain(` ${pid} `);
    stage.type(key);
    await stage.seesNot(/frozen: z/);
    await stage.selects(new RegExp(`db/1 .* ${pid} `));
  },
  mouse: async key => {
    await until('the mouse to be on', () => stage.screen.modes().mouse !== 'none');
    stage.type(key);
    await stage.sees(/mouse off: the terminal selects and copies/);
    expect(stage.screen.modes().mouse).toBe('none');
    stage.type(key);
    await stage.sees(/mouse on/);
    expect(stage.screen.modes().mouse).not.toBe('none');
  },
  palette: async key => {
    stage.type(key, 'journal');
    await stage.sees(/┌─ Actions ─/);
    await stage.sees(/> journal/);
    stage.type('enter');
    await stage.shows('Events');
  },
};
