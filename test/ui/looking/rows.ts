/** Keys of lists of rows: details, filter and order. */
import {expect} from 'vitest';
import {until} from '../../end-to-end/harness.ts';
import type {Cases} from './cases.ts';
import {stage} from './shared.ts';

export const rows: Cases = {
  details: async key => {
    stage.type(key);
    await stage.sees(/┌─ web\/1 ─/);
    await stage.sees(/history +S/);
    await stage.sees(/command +.*listener\.sh/);
    await stage.sees(/Open files|blocked/);
  },
  filter: async key => {
    stage.type(key, 's=1');
    await stage.sees(/Filter: s=1/);
    stage.type('\x15', 'id=db/1', 'enter');
    await stage.seesNot(/web\/1/);
    await stage.sees(/filter id=db\/1: 1/);
    expect(stage.rows()).toHaveLength(1);
  },
  sort: async key => {
    stage.type(key);
    await stage.sees(/sorted by id/);
    await until('the first by name', () => stage.rows()[0]?.startsWith(' db/1'));
    // The key goes through all columns and back to the order of the fleet.
    for (let order = 'sorted by id'; order !== 'natural order';) {
      const before = order;
      stage.type(key);
      order = await until('the next order', () => {
        const [now] = /sorted by \w+|natural order/.exec(stage.screen.text()) ?? [];
        return now !== before && now;
      });
    }
    await until('the order of the fleet', () => stage.rows()[0]?.startsWith(' web/1'));
  },
  invert: async key => {
    stage.type(key);
    await until('the last first', () => stage.rows()[0]?.startsWith(' pipes/1'));
    stage.type(key);
    await until('the first first', () => stage.rows()[0]?.startsWith(' web/1'));
  },
};
