/** What a fleet goes through while its supervisor is to die: each step once, and what is wanted after it. */
import {readdirSync, readlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {lives} from '../end-to-end/processes.ts';
import {until} from '../end-to-end/harness.ts';
import {PATIENCE_MS, type Scenario, type Step, type Trial} from './trial.ts';

/** Each main process says so itself, in a file that no supervisor touches. */
const HELLO = 'mkdir -p mains/${BROOD_WORKER%/*}; echo $$ >> mains/$BROOD_WORKER; ';
const sleeper = (seconds: number): string => `${HELLO}exec sleep ${seconds}`;

/** Counts its lines; says how many there were when it is asked to end, but not in the middle of counting one. */
const TALK = `${HELLO}i=0
say() { i=$((i + 1)); echo "$$ $i $1"; }
trap 'over=1' TERM
while [ -z "$over" ]; do
  say
  if [ -e burst ]; then
    rm burst
    while [ $((i % 100)) -ne 0 ]; do say 'so that the log is soon so large that it must be rotated'; done
  fi
  sleep 0.05
done
say end`;

const stop = {timeout: '5s'};
const backoff = {first: '0s', initial: '50ms', max: '100ms', jitter: '0%'};

const workers = {
  talk: {sh: TALK, stop, logs: {max_size: '4KiB'}},
  fails: {
    sh: `${HELLO}[ $(wc -l < mains/$BROOD_WORKER) -ge 3 ] || exit 3; echo here to stay; exec sleep 1001`,
    ready: {log: 'here to stay'},
    backoff,
  },
  forks: {sh: `${HELLO}sleep 1002 & (setsid sh -c 'sleep 1003 & exec sleep 1004' &); exec sleep 1005`},
  slow: {sh: `${HELLO}sleep 0.1; echo now listening; exec sleep 1006`, ready: {log: 'now listening'}},
  asked: {sh: sleeper(1007), ready: {exec: ['test', '-d', 'mains']}},
  once: {sh: `${HELLO}exit 0`, restart: 'never'},
  deaf: {sh: `trap '' TERM; ${sleeper(1008)}`, stop: {timeout: '200ms'}},
  pair: {sh: sleeper(1009), instances: 2, backoff},
};

const kill = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): void => {
  // One that has died at its point already is as dead as it should be.
  if (lives(pid)) process.kill(pid, signal);
};

const ALL = ['talk/1', 'fails/1', 'forks/1', 'slow/1', 'asked/1', 'once/1', 'deaf/1', 'pair/1', 'pair/2'];

export const up: Step = {
  name: 'up',
  touches: ALL,
  async run(trial) {
    for (const id of ALL) trial.want(id, id === 'once/1' ? 'finished' : 'ready', id === 'fails/1' ? 3 : 1);
    await trial.command(['up', '-d'], [], /already running/);
    await trial.settled();
  },
};

export const down: Step = {
  name: 'down',
  touches: ALL,
  async run(trial) {
    await trial.command(['down'], [], /is not running/);
  },
};

export async function dies(trial: Trial, id: string): Promise<void> {
  const pid = await trial.pidOf(id);
  trial.want(id, 'ready', 1);
  kill(pid);
  await trial.successor(id, pid);
}

async function rotates(trial: Trial): Promise<void> {
  const {fleet} = trial;
  const folder = join(fleet.state, 'logs', 'talk.1');
  writeFileSync(fleet.path('burst'), '');
  await until('a rotated log', () => readdirSync(folder).some(name => /^out\.\d+\.log\.gz$/.test(name)), PATIENCE_MS);
}

export const life: Scenario = {
  name: 'life',
  fleet: {fleet: 'crash', workers},
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
        await trial.command(
          ['add', '--name', 'extra', '--', 'sh', '-c', sleeper(1011)],
          [],
          /there is a extra already/,
        );
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

/** The supervisor is killed by a step, and is to die at a point of its recovery as well. */
export const lost: Scenario = {
  name: 'lost',
  fleet: {fleet: 'crash', workers},
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
    {...down, needs: ['keeper']},
  ],
};

/** Another version takes over, keeper and controller. */
const upgrade: Scenario = {
  name: 'upgrade',
  fleet: {fleet: 'crash', workers},
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
    {...down, needs: ['upgrade']},
  ],
};

/** The shortest that has a spawn and an exit beside those of the start. */
export const brief: Scenario = {
  ...life,
  name: 'brief',
  steps: life.steps.filter(({name}) => ['up', 'die', 'down'].includes(name)),
};

export const SCENARIOS: readonly Scenario[] = [life, lost, upgrade];
