import {readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {dies, down, up, workers} from './common.ts';
import {until} from '../../end-to-end/harness.ts';
import {PATIENCE_MS, type Scenario} from '../trial.ts';

/** Another version of keeper and controller takes over. */
export const upgrade: Scenario = {
  name: 'upgrade',
  fleet: () => ({fleet: 'crash', workers}),
  elsewhere: ['up'],
  steps: [
    up,
    {
      name: 'upgrade',
      touches: [],
      async run(trial) {
        const {fleet} = trial;
        await trial.settled();
        const current = join(fleet.state, 'code', 'current');
        const before = readlinkSync(current);
        fleet.install();
        await trial.command(['upgrade']);
        await until('the other version to be current', () => readlinkSync(current) !== before, PATIENCE_MS);
        await trial.settled();
      },
    },
    {
      name: 'upgraded',
      touches: ['pair/1', 'forks/1'],
      needs: ['upgrade'],
      async run(trial) {
        await dies(trial, 'pair/1');
        trial.want('forks/1', 'ready', 1);
        await trial.command(['restart', 'forks'], ['forks/1']);
        await trial.settled();
      },
    },
    {...down, needs: ['upgrade', 'upgraded']},
  ],
};
