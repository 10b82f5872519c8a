import {dies, down, kill, up, workers} from './common.ts';
import type {Scenario} from '../trial.ts';

/** A step kills the supervisor, which also dies at a point of its recovery. */
export const lost: Scenario = {
  name: 'lost',
  fleet: () => ({fleet: 'crash', workers}),
  elsewhere: ['up'],
  steps: [
    up,
    {
      name: 'controller',
      touches: ['pair/1'],
      async run(trial) {
        const {controller} = (await trial.settled()).supervisor;
        const pid = await trial.pidOf('pair/1');
        trial.want('pair/1', 'ready', 1);
        kill(controller, 'SIGSTOP');
        kill(pid);
        kill(controller);
        await trial.successor('pair/1', pid);
      },
    },
    {
      name: 'keeper',
      touches: ['pair/1'],
      async run(trial) {
        const {pid: keeper} = (await trial.settled()).supervisor;
        const pid = await trial.pidOf('pair/1');
        trial.want('pair/1', 'ready', 1);
        trial.keeperKilled = true;
        kill(keeper, 'SIGSTOP');
        kill(pid);
        kill(keeper);
        await trial.successor('pair/1', pid);
      },
    },
    {
      name: 'adopted',
      needs: ['keeper'],
      touches: ['forks/1', 'deaf/1', 'slow/1'],
      async run(trial) {
        trial.want('forks/1', 'ready', 1);
        await trial.command(['restart', 'forks'], ['forks/1']);
        trial.want('deaf/1', 'stopped');
        await trial.command(['stop', 'deaf']);
        await dies(trial, 'slow/1');
      },
    },
    {
      name: 'all',
      touches: ['pair/1'],
      async run(trial) {
        const {anchor, pid: keeper, controller} = (await trial.settled()).supervisor;
        const pid = await trial.pidOf('pair/1');
        trial.want('pair/1', 'ready', 1);
        const victims = [anchor, keeper, controller].filter(one => one !== null);
        for (const signal of ['SIGSTOP', 'SIGKILL'] as const) for (const victim of victims) kill(victim, signal);
        kill(pid);
        await trial.command(['up', '-d'], [], /already running/);
        await trial.successor('pair/1', pid);
      },
    },
    {...down, needs: ['keeper', 'adopted', 'all']},
  ],
};
