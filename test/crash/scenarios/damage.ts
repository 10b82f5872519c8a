/** The fleet's folder is damaged under its supervisor, which dies while it restores it. */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {allReady, down, kill, upOf, workers} from './common.ts';
import {SnapshotFile} from '../../../src/controller/state/snapshot-file.ts';
import {decodeRecord} from '../../../src/controller/state/snapshot-record.ts';
import {until} from '../../end-to-end/harness.ts';
import {PATIENCE_MS, type Lost, type Scenario, type Step, type Trial} from '../trial.ts';

interface Damage {
  readonly name: string;
  readonly does: (state: string) => void;
  /** Whether the damage is repaired. */
  readonly isMended: (state: string, keeper: number) => boolean;
  /** Data that can't be restored, or only by the controller that holds it in memory: the state. */
  readonly loses?: readonly Lost[];
  /** Without these files, the runs of a keeper that dies as well are ended and started anew. */
  readonly endsRuns?: true;
  /** Without these files, a keeper that dies as well has no successor that could find the fleet, which is ended. */
  readonly mayEnd?: true;
}

const names = (state: string, ...path: string[]): string[] => {
  const folder = join(state, ...path);
  return existsSync(folder) ? readdirSync(folder) : [];
};
const recordsIn = (state: string): string[] => names(state, 'runs').filter(name => name.endsWith('.run'));
const has = (state: string, ...all: string[]): boolean => all.every(name => existsSync(join(state, name)));
const isLocked = (state: string, keeper: number): boolean =>
  has(state, 'lock') && readFileSync(join(state, 'lock'), 'utf8').includes(`"pid":${keeper},`);
const isLong = (state: string, ...all: string[]): boolean =>
  all.every(name => has(state, name) && statSync(join(state, name)).size > 20);
const isWhole = (path: string): boolean => existsSync(path) && readFileSync(path, 'utf8').length > 50_000;

/** Also works while another process writes there and may be a step ahead for a while. */
function removeTree(path: string): void {
  for (let tries = 1; ; tries++) {
    try {
      rmSync(path, {recursive: true, force: true});
      return;
    } catch (error) {
      if (tries > 100) throw error;
    }
  }
}

const HALVES = ['snapshot.0', 'snapshot.1'];
const FILES = ['fleet.json', 'snapshot.0', 'snapshot.1', 'control.sock'];

/** Workers whose readiness does not depend on lines of a log, which the damage may remove. */
const {talk, forks, asked, once, deaf, pair} = workers;
const IDS = ['talk/1', 'forks/1', 'asked/1', 'once/1', 'deaf/1', 'pair/1', 'pair/2'];
const RUNS = IDS.length - 1;
const up = upOf({...allReady(IDS), 'once/1': 'finished'});

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
    does: state => removeTree(join(state, 'runs')),
    isMended: state => recordsIn(state).length === RUNS,
    endsRuns: true,
  },
  {
    name: 'cut-record',
    does: state => truncateSync(join(state, 'runs', recordsIn(state)[0] ?? '')),
    isMended: state => {
      const all = recordsIn(state).map(name => join('runs', name));
      return all.length === RUNS && isLong(state, ...all);
    },
    endsRuns: true,
  },
  {
    name: 'orphanage',
    does: state => rmSync(join(state, 'orphanage.json')),
    isMended: state => isLong(state, 'orphanage.json'),
  },
  {
    name: 'supervisor-log',
    does: state => rmSync(join(state, 'supervisor.log')),
    isMended: state => has(state, 'supervisor.log'),
  },
  {
    name: 'code',
    does: state => removeTree(join(state, 'code')),
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
    name: 'led-link',
    does(state) {
      symlinkSync('deadbeef00000000', join(state, 'code', 'aside'));
      renameSync(join(state, 'code', 'aside'), join(state, 'code', 'current'));
    },
    isMended: state => has(state, 'code/current/keeper.cjs'),
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
    does: state => removeTree(join(state, 'logs', 'talk.1')),
    isMended: state => has(state, 'logs/talk.1/out.log'),
    loses: ['logs'],
  },
  {
    name: 'folder',
    does: state => removeTree(state),
    isMended: (state, keeper) =>
      isLocked(state, keeper) &&
      has(state, ...FILES, 'journal.jsonl', 'logs/talk.1/out.log', 'runs', 'code/current/keeper.cjs'),
    loses: ['journal', 'logs', 'state'],
    mayEnd: true,
  },
];

/** Whether the whole state is in both halves, as after a quiet while: then one of them may be lost. */
function isQuiet(state: string): boolean {
  const [one, other] = HALVES.map(name => decodeRecord(readFileSync(join(state, name)), 0));
  if (one == null || other == null || one === 'damaged' || other === 'damaged') return false;
  return one.text === other.text && new SnapshotFile(state).readSnapshot().changes.length === 0;
}

/** Starts the fleet again after its end. */
async function beginAnew(trial: Trial): Promise<void> {
  trial.hasBegunAnew = true;
  for (const id of trial.wanted.keys()) trial.repeated.set(id, (trial.repeated.get(id) ?? 0) + 1);
  await trial.command(['up', '-d'], [...trial.wanted.keys()], /already running/);
  await trial.settled();
}

function stepOf({name, does, isMended, loses = [], endsRuns, mayEnd}: Damage): Step {
  return {
    name,
    touches: endsRuns ? IDS : [],
    async run(trial) {
      const {fleet} = trial;
      await trial.settled();
      const {state} = fleet;
      await until('the state to be in both halves', () => isQuiet(state), PATIENCE_MS);
      for (const what of loses) trial.lost.add(what);
      does(state);
      // A controller without state starts finished workers again.
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
  fleet: () => ({fleet: 'crash', workers: {talk, forks, asked, once, deaf, pair}}),
  onlyNew: true,
  steps: [up, ...DAMAGES.map(stepOf), down],
};
