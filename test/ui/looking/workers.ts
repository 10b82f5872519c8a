/** Keys of the listed workers and processes: tags, and the views of the selected one. */
import {expect} from 'vitest';
import type {Cases} from './cases.ts';
import {stage} from './shared.ts';

export const workers: Cases = {
  tag: async key => {
    stage.type(key);
    await stage.sees(/●web\/1/);
    await stage.sees(/1 tagged/);
    await stage.selects(/^web\/2/);
    stage.type('up', key);
    await stage.seesNot(/tagged/);
  },
  untag: async key => {
    stage.type('space', 'space');
    await stage.sees(/2 tagged/);
    stage.type(key);
    await stage.seesNot(/●|tagged/);
  },
  logs: async key => {
    await stage.choose('web/2');
    stage.type(key);
    await stage.shows('Logs');
    await stage.sees(/web\/2: 1 lines?, following/);
    await stage.sees(/web\/2 is at work/);
  },
  ipc: async key => {
    await stage.choose('pipes/1');
    stage.type(key);
    await stage.shows('IPC');
    await stage.sees(/of pipes\/1 \(Esc: all\)/);
    await stage.sees(/pipe +pipes\/1 sleep \d+ +→ pipes\/1 sleep \d+/);
  },
  events: async key => {
    await stage.choose('db/1');
    stage.type(key);
    await stage.shows('Events');
    await stage.sees(/filter worker=db\/1: \d+/);
    for (const line of stage.rows()) expect(line).toContain(' db/1 ');
  },
};
