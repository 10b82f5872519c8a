/** A fleet of a user without cgroups: the keeper uses the process connector or the lineage. */
import {dies, down, loseKeeper, stopTwo, up, upgradeAll, workers} from './common.ts';
import type {Scenario} from '../trial.ts';

export const ordinary: Scenario = {
  name: 'ordinary',
  fleet: () => ({fleet: 'crash', workers}),
  ordinary: true,
  onlyNew: true,
  steps: [
    up,
    {name: 'die', touches: ['pair/1'], run: trial => dies(trial, 'pair/1')},
    stopTwo,
    loseKeeper,
    upgradeAll,
    {...down, needs: ['keeper']},
  ],
};
