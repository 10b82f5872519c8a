/** A fleet of a user who has no cgroups: the keeper listens to the process connector, or tells by lineage. */
import {dies, down, kill, up, workers} from './common.ts';
import type {Scenario} from '../trial.ts';

export const ordinary: Scenario = {
  name: 'ordinary',
  fleet: () => ({fleet: 'crash', workers}),
  ordinary: true,
  onlyNew: true,
  steps: [
    up,
    {name: 'die', touches: ['pair/1'], run: trial => dies(trial, 'pair/1')},
    {
      name: 'stop',
      touches: ['deaf/1', 'forks/1'],
      async run(trial) {
        for (const id of this.touches) trial.want(id, 'stopped');
        await trial.command(['stop', 'deaf', 'forks']);
        await trial.settled();
      },
    },
    {
      name: 'keeper',
      touches: ['pair/1'],
      async run(trial) {
        const {pid: keeper} = (await trial.settled()).supervisor;
        trial.keeperKilled = true;
        kill(keeper);
        await dies(trial, 'pair/1');
        await trial.settled();
      },
    },
    {
      name: 'upgrade',
      touches: [],
      async run(trial) {
        trial.fleet.install();
        await trial.command(['upgrade']);
        await trial.settled();
      },
    },
    {...down, needs: ['keeper']},
  ],
};
