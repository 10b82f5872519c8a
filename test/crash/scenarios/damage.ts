/** The fleet's folder is changed under its supervisor, which is to die while it puts that back. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {down, kill, up, workers} from './common.ts';
import {until} from '../../end-to-end/harness.ts';
import {PATIENCE_MS, type Lost, type Scenario, type Step, type Trial} from '../trial.ts';

interface Damage {
  readonly name: string;
  readonly does: (state: string) => void;
  /** What lies there is as it should be. */
  readonly isMended: (state: string, keeper: number) => boolean;
  /** What can't be put back, or only by who holds it in memory: the state, as long as that controller lives. */
  readonly loses?: readonly Lost[];
  /** With that gone, a keeper that dies as well has no successor that could know of the fleet: it is ended. */
  readonly mayEnd?: true;
}

const names = (state: string, ...path: string[]): string[] => {
  const folder = join(state, ...path);
  return existsSync(folder) ? readdirSync(folder) : [];
};
const has = (state: string, ...all: string[]): boolean => all.every(name => existsSync(join(state, name)));
const isLocked = (state: string, keeper: number): boolean =>
  has(state, 'lock') && readFileSync(join(state, 'lock'), 'utf8').includes(`"pid":${keeper},`);
const isLong = (state: string, ...all: string[]): boolean =>
  all.every(name => has(state, name) && statSync(join(state, name)).size > 20);
const isWhole = (path: string): boolean => existsSync(path) && readFileSync(path, 'utf8').length > 50_000;

const HALVES = ['snapshot.0', 'snapshot.1'];
const FILES = ['fleet.json', 'snapshot.0', 'snapshot.1', 'control.sock'];

const DAMAGES: readonly Damage[] = [
  {name: 'lock', does: state => rmSync(join(state, 'lock')), isMended: isLocked},
  {
    name: 'other-lock',
    does(state) {
      writeFileSync(join(state, 'other'), '');
      renameSync(join(state, 'other'), join(state, 'lock'));
    },
    isMended: isLocked,
  },
  {
    name: 'files',
    does: state => ['fleet.json', 'snapshot.0', 'control.sock'].forEach(name => rmSync(join(state, name))),
    isMended: state => has(state, ...FILES),
  },
  {
    name: 'torn',
    does: state => ['fleet.json', 'snapshot.1'].forEach(name => truncateSync(join(state, name), 20)),
    isMended: state => isLong(state, 'fleet.json', 'snapshot.1'),
  },
  {
    name: 'state',
    does: state => HALVES.forEach(name => rmSync(join(state, name))),
    isMended: state => isLong(state, ...HALVES),
    loses: ['state'],
  },
  {
    name: 'torn-state',
    does: state => HALVES.forEach(name => truncateSync(join(state, name), 20)),
    isMended: state => isLong(state, ...HALVES),
    loses: ['state'],
  },
  {
    name: 'records',
    does: state => rmSync(join(state, 'runs'), {recursive: true}),
    isMended: state => names(state, 'runs').filter(name => name.endsWith('.run')).length === 8,
    mayEnd: true,
  },
  {
    name: 'code',
    does: state => rmSync(join(state, 'code'), {recursive: true}),
    isMended: state => isWhole(join(state, 'code', 'current', 'keeper.cjs')),
    mayEnd: true,
  },
  {
    name: 'program',
    does: state => truncateSync(join(state, 'code', 'current', 'controller.cjs'), 1_000),
    isMended: state => isWhole(join(state, 'code', 'current', 'controller.cjs')),
    mayEnd: true,
  },
  {
    name: 'link',
    does: state => rmSync(join(state, 'code', 'current')),
    isMended: state => has(state, 'code/current'),
    mayEnd: true,
  },
  {
    name: 'journal',
    does: state => rmSync(join(state, 'journal.jsonl')),
    isMended: state => has(state, 'journal.jsonl'),
    loses: ['journal'],
  },
  {
    name: 'cut-journal',
    does: state => truncateSync(join(state, 'journal.jsonl')),
    isMended: state => has(state, 'journal.jsonl') && readFileSync(join(state, 'journal.jsonl')).length > 0,
    loses: ['journal'],
  },
  {
    name: 'log',
    does: state => rmSync(join(state, 'logs', 'talk.1'), {recursive: true}),
    isMended: state => has(state, 'logs/talk.1/out.log'),
    loses: ['logs'],
  },
  {
    name: 'folder',
    does: state => rmSync(state, {recursive: true}),
    isMended: (state, keeper) =>
      isLocked(state, keeper) &&
      has(state, ...FILES, 'journal.jsonl', 'logs/talk.1/out.log', 'runs', 'code/current/keeper.cjs'),
    loses: ['journal', 'logs', 'state'],
    mayEnd: true,
  },
];

/** The fleet was ended: what it is made of is begun anew. */
async function beginAnew(trial: Trial): Promise<void> {
  trial.hasBegunAnew = true;
  for (const id of trial.wanted.keys()) trial.repeated.set(id, (trial.repeated.get(id) ?? 0) + 1);
  await trial.command(['up', '-d'], [...trial.wanted.keys()], /already running/);
  await trial.settled();
}

function stepOf({name, does, isMended, loses = [], mayEnd}: Damage): Step {
  return {
    name,
    touches: [],
    async run(trial) {
      const {fleet} = trial;
      await trial.settled();
      const {state} = fleet;
      for (const what of loses) trial.lost.add(what);
      does(state);
      // A controller that finds no state begins those again that have ended.
      if (trial.lost.has('state')) trial.repeated.set('once/1', (trial.repeated.get('once/1') ?? 0) + 1);
      const ended = await until(
        `what is mended after ${name}`,
        async () => {
          if (mayEnd && fleet.tagged().length === 0) return 'ended';
          const keeper = (await fleet.report())?.supervisor.pid;
          if (keeper === undefined) return null;
          kill(keeper, 'SIGALRM');
          return isMended(state, keeper) ? 'mended' : null;
        },
        PATIENCE_MS,
      );
      if (ended === 'ended') await beginAnew(trial);
      await trial.settled();
    },
  };
}

export const damage: Scenario = {
  name: 'damage',
  fleet: () => ({fleet: 'crash', workers}),
  onlyNew: true,
  steps: [up, ...DAMAGES.map(stepOf), down],
};
