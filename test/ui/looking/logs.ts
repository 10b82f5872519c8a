/** Keys of the logs: following, wrapping and times. */
import type {Cases} from './cases.ts';
import {stage} from './shared.ts';

export const logs: Cases = {
  follow: async key => {
    stage.type('5');
    await stage.sees(/all workers: \d+ lines, following/);
    stage.type(key);
    await stage.sees(/NOT following/);
    // The footer shows it, too, with the keys that follow again.
    await stage.sees(/not following.*\(f or End follows\)/);
    stage.type(key);
    await stage.seesNot(/NOT following|not following/);
  },
  wrap: async key => {
    stage.type('5');
    await stage.sees(/is at work/);
    await stage.seesNot(/xEND/);
    stage.type(key);
    await stage.sees(/xEND/);
    stage.type(key);
    await stage.seesNot(/xEND/);
  },
  times: async key => {
    stage.type('5');
    await stage.sees(/is at work/);
    stage.type(key);
    await stage.sees(/\d\d:\d\d:\d\d web\/1/);
    stage.type(key);
    await stage.seesNot(/\d\d:\d\d:\d\d web\/1/);
  },
};
