/** The ordinary life of a fleet: each step once, with the states wanted after it. */
import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {dies, down, kill, sleeper, stopTwo, up, workers} from './common.ts';
import {until} from '../../end-to-end/harness.ts';
import {PATIENCE_MS, type Scenario, type Trial} from '../trial.ts';

async function rotates(trial: Trial): Promise<void> {
  const {fleet} = trial;
  const folder = join(fleet.state, 'logs', 'talk.1');
  writeFileSync(fleet.path('burst'), '');
  await until('a rotated log', () => readdirSync(folder).some(name => /^out\.\d+\.log\.gz$/.test(name)), PATIENCE_MS);
}

export const life: Scenario = {
  name: 'life',
  fleet: () => ({fleet: 'crash', workers}),
  steps: [
    up,
    {name: 'die', touches: ['pair/1'], run: trial => dies(trial, 'pair/1')},
    {
      name: 'restart',
      touches: ['forks/1', 'talk/1'],
      async run(trial) {
        for (const id of this.touches) trial.want(id, 'ready', 1);
        await trial.command(['restart', 'forks', 'talk'], this.touches);
        await trial.settled();
      },
    },
    stopTwo,
    {
      name: 'start',
      needs: ['stop'],
      touches: ['deaf/1', 'forks/1'],
      async run(trial) {
        for (const id of this.touches) trial.want(id, 'ready', 1);
        await trial.command(['start', 'deaf', 'forks']);
        await trial.settled();
      },
    },
    {name: 'rotate', touches: [], run: rotates},
    {
      name: 'scale',
      touches: ['pair/3'],
      async run(trial) {
        trial.want('pair/3', 'ready', 1);
        await trial.command(['scale', 'pair=3']);
        await trial.settled();
        trial.want('pair/3', 'gone');
        await trial.command(['scale', 'pair=2']);
        await trial.settled();
      },
    },
    {
      name: 'apply',
      touches: ['once/1', 'slow/1', 'new/1'],
      async run(trial) {
        const slow = {...workers.slow, env: {CHANGED: 'yes'}};
        trial.fleet.write({
          fleet: 'crash',
          workers: {...workers, once: undefined, slow, new: {sh: sleeper(1010)}},
        });
        trial.want('once/1', 'gone');
        for (const id of ['slow/1', 'new/1']) trial.want(id, 'ready', 1);
        await trial.command(['apply']);
        await trial.settled();
      },
    },
    {
      name: 'add',
      touches: ['extra/1'],
      async run(trial) {
        trial.want('extra/1', 'ready', 1);
        await trial.command(['add', '--name', 'extra', '--', 'sh', '-c', sleeper(1011)], [], /extra already exists/);
        await trial.settled();
        trial.want('extra/1', 'gone');
        await trial.command(['remove', 'extra'], [], /no worker/);
        await trial.settled();
      },
    },
    {
      name: 'touch',
      touches: [],
      async run(trial) {
        await trial.command(['pause', 'forks']);
        await trial.command(['resume', 'forks']);
        await trial.command(['nice', '5', 'forks']);
        await trial.command(['signal', 'CONT', 'forks', '--tree']);
        const keeper = (await trial.settled()).supervisor;
        for (const signal of ['SIGUSR1', 'SIGALRM', 'SIGHUP'] as const) kill(keeper.pid, signal);
        await trial.settled();
      },
    },
    down,
  ],
};

/** The shortest scenario with a spawn and an exit beside those of the start. */
export const brief: Scenario = {
  ...life,
  name: 'brief',
  steps: life.steps.filter(({name}) => ['up', 'die', 'down'].includes(name)),
};
