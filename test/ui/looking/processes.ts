/** Keys of the process tree: folding, tags, and the plain list. */
import {expect} from 'vitest';
import type {Cases} from './cases.ts';
import {stage} from './shared.ts';

async function showTree(): Promise<void> {
  stage.type('2', 'home');
  await stage.shows('Tree');
  await stage.sees(/├─/);
}

export const processes: Cases = {
  treeOrList: async key => {
    await showTree();
    stage.type(key);
    await stage.seesNot(/├─/);
    const pids = stage.rows().map(line => Number.parseInt(line, 10));
    expect(pids.length).toBeGreaterThan(8);
    expect(pids).toEqual([...pids].sort((a, b) => a - b));
    stage.type(key);
    await stage.sees(/├─/);
  },
  fold: async key => {
    await showTree();
    await stage.choose('pipes/1 ');
    stage.type(key);
    await stage.selects(/▸ .*\(\+2\)/);
    await stage.seesNot(/sleep 998\s*$/m);
    stage.type('+');
    await stage.sees(/sleep 998\s*$/m);
  },
  unfold: async key => {
    await showTree();
    await stage.choose('pipes/1 ');
    stage.type('-');
    await stage.selects(/\(\+2\)/);
    stage.type(key);
    await stage.sees(/sleep 998\s*$/m);
  },
  foldAll: async key => {
    await showTree();
    stage.type(key);
    await stage.seesNot(/sleep 998\s*$/m);
    await stage.seesNot(/zombie\s*$/m);
    stage.type(key);
    await stage.sees(/sleep 998\s*$/m);
  },
  tagChildren: async key => {
    await showTree();
    await stage.choose('pipes/1 ');
    stage.type(key);
    await stage.sees(/3 tagged/);
    await stage.sees(/● +\d+ .*sleep 999\s*$/m);
  },
};
