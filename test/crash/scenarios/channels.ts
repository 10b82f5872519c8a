/** Features of workers beside output: channels, other kinds of readiness, a watchdog, a user, limits, watched files. */
import {existsSync, rmSync, writeFileSync} from 'node:fs';
import {comeInCrowds} from './crowd.ts';
import {HELLO, allReady, backoff, dies, down, loseKeeper, sleeper, upOf, upgradeAll, workers} from './common.ts';
import {SERVER, SPEAKER} from './programs.ts';
import {isRoot} from '../../end-to-end/wrapped.ts';
import {until} from '../../end-to-end/harness.ts';
import {PATIENCE_MS, type Scenario, type Trial} from '../trial.ts';

const PORT = 8080;
/** Interval between two changes of a watched file (ms): a new controller may have missed the first. */
const CHANGE_MS = 1_000;

/** A program that every user may run. */
const PYTHON = '/usr/bin/python3';
/** A worker of a user that does not own the folder: it may traverse it, and register its main processes. */
const GUEST = {user: 'nobody', env_inherit: true, env_file: 'guest.env', backoff};
const guest = existsSync(PYTHON)
  ? {...GUEST, run: [PYTHON, 'speaker.py'], ready: {notify: true}}
  : {...GUEST, sh: sleeper(1024)};

const own = {
  speaks: {run: ['python3', 'speaker.py'], ready: {notify: true}, watchdog: '20s', backoff},
  tells: {sh: `${HELLO}echo >&3; exec sleep 1021`, ready: {fd: 3}, backoff},
  makes: {
    sh: `${HELLO}i=0; while :; do i=$((i + 1)); echo "$$ $i" >&$BROOD_FD_FEED; sleep 0.05; done`,
    backoff,
  },
  takes: {sh: `${HELLO}exec cat <&$BROOD_FD_FEED >> got`, backoff},
  serves: {run: ['python3', 'server.py'], channels: ['web', 'local'], backoff},
  seen: {sh: sleeper(1022), watch: ['watched/'], backoff},
  small: {sh: sleeper(1023), limits: {nofile: 512, memory: '100MiB'}, env: {'not.a.variable': 'x'}, backoff},
  ...(isRoot ? {guest} : {}),
};

interface Changes {
  readonly local: string;
  readonly hasFeed: boolean;
}

function fleetOf(address: string, {local, hasFeed}: Changes): object {
  const {makes, takes, serves, ...others} = own;
  return {
    fleet: 'crash',
    workers: {
      talk: workers.talk,
      pair: workers.pair,
      ...others,
      ...(hasFeed ? {makes, takes} : {}),
      serves: {...serves, ready: {http: `http://${address}:${PORT}/`}},
      knocks: {sh: sleeper(1025), ready: {tcp: `${address}:${PORT}`}, after: ['serves'], backoff},
    },
    channels: {
      ...(hasFeed ? {feed: {pipe: {from: 'makes', to: 'takes'}}} : {}),
      web: {socket: `${address}:${PORT}`},
      local: {socket: local},
    },
  };
}

const IDS = ['talk/1', 'pair/1', 'pair/2', 'knocks/1', ...Object.keys(own).map(name => `${name}/1`)];
/** Workers with resources that must be made again. */
const DYING = ['speaks/1', 'makes/1', 'serves/1', ...(isRoot ? ['guest/1'] : [])];
const up = upOf(allReady(IDS));

/** Checks that every line written to the pipe has arrived in order, if one process read them all. */
function faultsOfFeed({fleet}: Trial): string[] {
  if (fleet.mains('takes/1').length !== 1) return [];
  const next = new Map<string, number>();
  for (const line of fleet.read('got').split('\n').slice(0, -1)) {
    const [pid = '', number = ''] = line.split(' ');
    const wanted = next.get(pid) ?? 1;
    if (Number(number) !== wanted) return [`takes: line ${wanted} of ${pid} came through the pipe as ${line}`];
    next.set(pid, wanted + 1);
  }
  return next.size === 0 ? ['takes: nothing came through the pipe'] : [];
}

async function mainIs(trial: Trial, id: string, wanted: (pid: number, first: number) => boolean): Promise<void> {
  await until(
    `another main process of ${id}`,
    async () => {
      const pid = (await trial.fleet.report())?.workers.find(worker => worker.id === id)?.pid;
      return pid != null && wanted(pid, trial.fleet.mains(id).at(-1) ?? 0);
    },
    PATIENCE_MS,
  );
}

async function isChanged(trial: Trial, id: string): Promise<void> {
  const pid = await trial.pidOf(id);
  trial.want(id, 'ready', 1);
  let changed = -Infinity;
  await until(
    `a successor of ${id}`,
    async () => {
      if (performance.now() > changed + CHANGE_MS) {
        if (changed > 0) trial.repeated.set(id, (trial.repeated.get(id) ?? 0) + 1);
        changed = performance.now();
        writeFileSync(trial.fleet.path('watched', 'file'), String(changed));
      }
      const now = (await trial.fleet.report())?.workers.find(worker => worker.id === id);
      return now?.status === 'ready' && now.pid !== pid;
    },
    PATIENCE_MS,
  );
}

export const channels: Scenario = {
  name: 'channels',
  fleet: address => fleetOf(address, {local: './local.sock', hasFeed: true}),
  files: {'speaker.py': SPEAKER, 'server.py': SERVER, 'guest.env': 'GREETING=hello\n', 'watched/file': ''},
  isOpen: true,
  onlyNew: true,
  faults: faultsOfFeed,
  steps: [
    up,
    {
      name: 'die',
      touches: DYING,
      async run(trial) {
        for (const id of this.touches) await dies(trial, id);
      },
    },
    {
      name: 'main',
      touches: [],
      async run(trial) {
        writeFileSync(trial.fleet.path('change'), '');
        await mainIs(trial, 'speaks/1', (pid, first) => pid !== first);
        rmSync(trial.fleet.path('change'));
        await mainIs(trial, 'speaks/1', (pid, first) => pid === first);
        writeFileSync(trial.fleet.path('over'), '');
        await trial.settled();
      },
    },
    {name: 'watch', touches: ['seen/1'], run: trial => isChanged(trial, 'seen/1')},
    {name: 'crowd', touches: [], run: comeInCrowds},
    loseKeeper,
    {
      name: 'adopted',
      needs: ['keeper'],
      touches: DYING,
      async run(trial) {
        for (const id of this.touches) await dies(trial, id);
      },
    },
    upgradeAll,
    {
      name: 'apply',
      // As in the recording: a keeper that has not bound the sockets itself, and workers of which only some are its
      // children.
      needs: ['keeper', 'adopted', 'upgrade'],
      touches: ['makes/1', 'takes/1', 'serves/1', 'knocks/1'],
      async run(trial) {
        const {fleet} = trial;
        fleet.write(fleetOf(fleet.address, {local: './other.sock', hasFeed: false}));
        for (const id of ['makes/1', 'takes/1']) trial.want(id, 'gone');
        trial.want('serves/1', 'ready', 1);
        await trial.command(['apply']);
        await trial.settled();
      },
    },
    {...down, needs: ['keeper']},
  ],
};
