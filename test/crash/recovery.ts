/** Checks the state after a crash from outside. Each check returns the faults. */
import {existsSync, readdirSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import type {PsReport} from '../../src/control/reports.ts';
import {SnapshotFile} from '../../src/controller/state/snapshot-file.ts';
import {until} from '../end-to-end/harness.ts';
import {environment} from '../end-to-end/processes.ts';
import {faultsOfJournal, faultsOfLines, readJournal} from './journal.ts';
import type {Trial} from './trial.ts';

/** Entries that stay in the folders of a fleet and its programs after `down`, such as reports on frozen controllers. */
const STAYS =
  /^(code|fleet\.json|journal(\.\d+)?\.jsonl|left\.json|lock|logs|reports|runs|snapshot\.[01]\.unreadable|stopped|supervisor\.log)$/;
const CODE_STAYS = /^([0-9a-f]{16}(\.from)?|current)$/;

const MOMENT_MS = 5_000;
const POLL_MS = 50;

export interface Crash {
  /** The process that died; null: only those that a step killed. */
  readonly part: string | null;
  /** Instances that may have another main process after the step in which it died. */
  readonly touched: readonly string[];
}

/** With the keeper (or the anchor, while it becomes one), the exits of its children in the meantime are lost. */
export const mayLoseExits = (part: string | null): boolean => part === 'keeper' || part === 'anchor';

/** A keeper that dies between fork and record leaves an unknown process, which is ended and started again. */
const mayRepeatStarts = ({part}: Crash): boolean => mayLoseExits(part);

const value = (env: readonly string[], name: string): string | undefined =>
  env.find(entry => entry.startsWith(`${name}=`))?.slice(name.length + 1);

function faultsOfProcesses({fleet, wanted}: Trial, report: PsReport): string[] {
  const faults: string[] = [];
  const runs = new Map<string, Set<string>>();
  for (const {pid} of fleet.tagged()) {
    const env = environment(pid);
    const id = value(env, 'BROOD_WORKER');
    if (id === undefined) continue;
    const of = runs.get(id) ?? new Set();
    runs.set(id, of.add(value(env, 'BROOD_RUN') ?? ''));
  }
  for (const [id, want] of wanted) {
    const living = fleet.livingMains(id);
    const pid = report.workers.find(worker => worker.id === id)?.pid;
    if (want === 'ready' && (living.length !== 1 || living[0] !== pid)) {
      faults.push(`${id}: its main processes are ${living.join(', ') || 'none'}, and brood says ${pid ?? 'none'}`);
    }
    const most = want === 'ready' ? 1 : 0;
    const of = runs.get(id)?.size ?? 0;
    if (of > most) faults.push(`${id}: processes of ${of} runs live, where there should be ${most}`);
  }
  return faults;
}

function faultsOfStarts({fleet, starts, repeated, keeperKilled}: Trial, crash: Crash): string[] {
  const faults: string[] = [];
  for (const [id, least] of starts) {
    const most = least + (repeated.get(id) ?? 0) + (mayRepeatStarts(crash) || keeperKilled ? 1 : 0);
    const count = fleet.mains(id).length;
    if (count < least || count > most) faults.push(`${id} was started ${count} times, not ${least} to ${most} times`);
  }
  return faults;
}

function faultsOfWords({fleet, starts, lost}: Trial, crash: Crash): string[] {
  const mains = new Map([...starts.keys()].map(id => [id, fleet.mains(id)]));
  const living = new Set([...starts.keys()].flatMap(id => fleet.livingMains(id)));
  const lines = readJournal(fleet.state);
  // A controller without state reports the running processes again.
  const faults =
    lost.has('journal') || (lost.has('state') && crash.part !== null)
      ? faultsOfLines(lines)
      : faultsOfJournal(lines, mains, living, mayRepeatStarts(crash) ? 1 : 0);
  const trace = /^.*Error.*\n\s+at .*$/m.exec(fleet.read(fleet.state.slice(fleet.folder.length + 1), 'supervisor.log'));
  if (trace) faults.push(`supervisor.log: ${trace[0]}`);
  return faults;
}

async function faultsNow(trial: Trial, crash: Crash, before: PsReport | null): Promise<string[]> {
  const report = await trial.settled();
  const faults = [...faultsOfProcesses(trial, report), ...faultsOfStarts(trial, crash), ...faultsOfWords(trial, crash)];
  for (const {id, pid, status} of before?.workers ?? []) {
    if (status !== 'ready' || crash.touched.includes(id) || trial.hasBegunAnew) continue;
    const now = report.workers.find(worker => worker.id === id)?.pid;
    if (now !== pid) faults.push(`${id} was not touched, and pid ${pid ?? '-'} has become ${now ?? 'none'}`);
  }
  if (new SnapshotFile(trial.fleet.state).readSnapshot().text === null)
    faults.push('no half of the snapshot can be read');
  return faults;
}

/**
 * Returns the faults that remain after a moment: a worker needs time to register, and the journal waits for a commit.
 *
 * @param before the report before the step in which it died
 */
export async function faultsWhileUp(trial: Trial, crash: Crash, before: PsReport | null): Promise<string[]> {
  const end = performance.now() + MOMENT_MS;
  for (;;) {
    const faults = await faultsNow(trial, crash, before);
    if (faults.length === 0 || performance.now() > end) return faults;
    await delay(POLL_MS);
  }
}

/** Checks that every line of each run of the counting worker is present once and in order, to the last. */
async function faultsOfOutput({fleet, lost}: Trial): Promise<string[]> {
  const {code, out, err} = await fleet.runAsync('logs', 'talk', '--raw', '-n', 'all');
  if (code !== 0) return [`brood logs talk --raw: exit ${code}: ${err}`];
  const faults: string[] = [];
  const lines = out
    .split('\n')
    .slice(0, -1)
    .map(line => line.split(' '));
  const pids = fleet.mains('talk/1');
  for (const pid of pids) {
    const numbers = lines.filter(([who]) => who === String(pid)).map(([, number]) => Number(number));
    // A removed log takes its first lines with it, and those in flight.
    const first = lost.has('logs') ? (numbers[0] ?? 1) : 1;
    const wrong = numbers.findIndex((number, index) => number !== first + index);
    if (wrong >= 0)
      faults.push(`talk pid ${pid}: line ${wrong + 1} of its output is its line ${numbers[wrong] ?? '?'}`);
  }
  const [last, , word] = lines.at(-1) ?? [];
  if (last !== String(pids.at(-1)) || word !== 'end')
    faults.push(`talk: its last line is ${lines.at(-1)?.join(' ') ?? 'none'}`);
  return faults;
}

/** Checks after `down` that nothing is left, and nothing was lost. */
export async function faultsAfterDown(trial: Trial, crash: Crash, cgroup: string | null): Promise<string[]> {
  const {fleet} = trial;
  const faults: string[] = [];
  const left = (): string[] => fleet.tagged().map(({pid, name}) => `${pid} ${name}`);
  try {
    await until('nothing to be left', () => left().length === 0, 5_000);
  } catch {
    faults.push(`after down there are: ${left().join(', ')}`);
  }
  if (cgroup !== null && existsSync(cgroup)) faults.push(`after down there is ${cgroup}`);
  const inState = readdirSync(fleet.state);
  for (const name of inState) if (!STAYS.test(name)) faults.push(`after down there is ${name}`);
  for (const name of readdirSync(`${fleet.state}/code`)) {
    if (!CODE_STAYS.test(name)) faults.push(`after down there is code/${name}`);
  }
  for (const folder of fleet.socketFolders()) {
    if (existsSync(folder)) faults.push(`after down there is ${folder}: ${readdirSync(folder).join(', ') || 'empty'}`);
  }
  const runs = readdirSync(`${fleet.state}/runs`);
  if (runs.length > 0) faults.push(`after down there is of runs: ${runs.join(', ')}`);
  return [...faults, ...faultsOfStarts(trial, crash), ...faultsOfWords(trial, crash), ...(await faultsOfOutput(trial))];
}
