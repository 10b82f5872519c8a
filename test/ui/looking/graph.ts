/** Keys of the IPC view: the graph, and channels with a single process. */
import {until} from '../../end-to-end/harness.ts';
import type {Cases} from './cases.ts';
import {stage} from './shared.ts';

export const graph: Cases = {
  treeOrList: async key => {
    stage.type('3');
    await stage.sees(/KIND +FROM/);
    stage.type(key);
    await stage.sees(/PROCESSES AND THEIR CHANNELS/);
    await stage.sees(/^ [├└]─ \w+ .*[→←↔] \w/m);
    stage.type(key);
    await stage.sees(/KIND +FROM/);
  },
  wrap: async key => {
    stage.type('3');
    await stage.sees(/KIND +FROM/);
    const before = stage.rows().length;
    stage.type(key);
    await stage.sees(/all channels/);
    await until('more rows', () => stage.rows().length > before);
    stage.type(key);
    await stage.sees(/only channels between processes/);
  },
};
