/** The workers and steps shared by the scenarios. */
import {lives} from '../../end-to-end/processes.ts';
import type {Step, Trial, Wanted} from '../trial.ts';

/** Each main process registers itself in a file that the supervisor does not touch. */
export const HELLO = 'mkdir -p mains/${BROOD_WORKER%/*}; echo $$ >> mains/$BROOD_WORKER; ';
export const sleeper = (seconds: number): string => `${HELLO}exec sleep ${seconds}`;

/** Counts its lines; on SIGTERM writes a last line, but not in the middle of a count. */
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
export const backoff = {first: '0s', initial: '50ms', max: '100ms', jitter: '0%'};

export const workers = {
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

export const kill = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): void => {
  // It may have died at its point already.
  if (lives(pid)) process.kill(pid, signal);
};

/** Returns the first step: `brood up` of instances with their wanted states and numbers of starts (1 by default). */
export function upOf(wanted: Readonly<Record<string, Wanted>>, starts: Readonly<Record<string, number>> = {}): Step {
  const ids = Object.keys(wanted);
  return {
    name: 'up',
    touches: ids,
    async run(trial) {
      for (const [id, want] of Object.entries(wanted)) trial.want(id, want, starts[id] ?? 1);
      await trial.command(['up', '-d'], [], /already running/);
      await trial.settled();
    },
  };
}

/** Returns the wanted state `ready` for each of the instances. */
export const allReady = (ids: readonly string[]): Record<string, Wanted> =>
  Object.fromEntries(ids.map(id => [id, 'ready']));

const IDS = ['talk/1', 'fails/1', 'forks/1', 'slow/1', 'asked/1', 'once/1', 'deaf/1', 'pair/1', 'pair/2'];

export const up: Step = upOf({...allReady(IDS), 'once/1': 'finished'}, {'fails/1': 3});

export const down: Step = {
  name: 'down',
  touches: [],
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

export const stopTwo: Step = {
  name: 'stop',
  touches: ['deaf/1', 'forks/1'],
  async run(trial) {
    for (const id of this.touches) trial.want(id, 'stopped');
    await trial.command(['stop', 'deaf', 'forks']);
    await trial.settled();
  },
};

export const loseKeeper: Step = {
  name: 'keeper',
  touches: ['pair/1'],
  async run(trial) {
    const {pid: keeper} = (await trial.settled()).supervisor;
    trial.keeperKilled = true;
    kill(keeper);
    await dies(trial, 'pair/1');
    await trial.settled();
  },
};

/** Upgrades to another version of the programs. */
export const upgradeAll: Step = {
  name: 'upgrade',
  touches: [],
  async run(trial) {
    trial.fleet.install();
    await trial.command(['upgrade']);
    await trial.settled();
  },
};
