/** Runs a scenario in which a process dies at a point, and checks the result. */
import {setTimeout as delay} from 'node:timers/promises';
import type {PsReport} from '../../src/control/reports.ts';
import {until} from '../end-to-end/harness.ts';
import type {Program} from './build.ts';
import {CrashFleet} from './fleet.ts';
import type {Point} from './point.ts';
import {faultsAfterDown, faultsWhileUp, mayLoseExits, type Crash} from './recovery.ts';
import {dies, down} from './scenarios.ts';
import {Trial, type Scenario, type Step} from './trial.ts';

export interface Result {
  /** `missed`: the point was not reached this time. */
  readonly outcome: 'recovered' | 'failed' | 'missed';
  readonly faults: readonly string[];
  readonly ms: number;
}

/** Background work of a step (compressing, committing) belongs to it. */
const SETTLE_MS = 300;
/** How long a process may take to reach its point after the step: a sweep runs every 5 s. */
const LINGER_MS = 6_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Collects information on a failure. */
function evidence({fleet, refusals}: Trial): string[] {
  const tail = (text: string): string => text.split('\n').slice(-60).join('\n');
  return [
    ...refusals.map(words => `refused: ${words}`),
    `processes: ${
      fleet
        .tagged()
        .map(({pid, name, ppid, state}) => `${pid} ${name} (${state}, child of ${ppid})`)
        .join(', ') || 'none'
    }`,
    `supervisor.log:\n${tail(fleet.read(fleet.state.slice(fleet.folder.length + 1), 'supervisor.log'))}`,
    `journal:\n${tail(fleet.read(fleet.state.slice(fleet.folder.length + 1), 'journal.jsonl'))}`,
  ];
}

async function takeStep(trial: Trial, step: Step): Promise<void> {
  trial.fleet.phase = step.name;
  await step.run(trial);
}

/** Runs the whole scenario without a death. Returns the points passed. */
export async function record(program: Program, scenario: Scenario): Promise<Map<string, string[]>> {
  const fleet = new CrashFleet(program, scenario, {record: true});
  try {
    const trial = new Trial(fleet, true);
    let cgroup: string | null = null;
    for (const step of scenario.steps) {
      await takeStep(trial, step);
      await delay(SETTLE_MS);
      // Requests of the checks belong to no step.
      fleet.phase = 'checked';
      if (step.name === down.name) continue;
      cgroup = fleet.cgroup(await trial.pidOf('talk/1'));
      const faults = await faultsWhileUp(trial, {part: null, touched: []}, null);
      if (faults.length > 0) throw new Error(`${scenario.name}/${step.name}, with nobody dying: ${faults.join('; ')}`);
    }
    const faults = [
      ...(await faultsAfterDown(trial, {part: null, touched: []}, cgroup)),
      ...(scenario.faults?.(trial) ?? []),
    ];
    if (faults.length > 0) throw new Error(`${scenario.name}, with nobody dying: ${faults.join('; ')}`);
    return fleet.passed();
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}

/** Runs the scenario up to the step of the point, where a process dies; then the fleet must recover. */
export async function inject(program: Program, scenario: Scenario, point: Point): Promise<Result> {
  const began = performance.now();
  const {part, site, place, path, phase, time} = point;
  const fleet = new CrashFleet(program, scenario, {
    record: false,
    part,
    site,
    place,
    path,
    phase,
    skip: time - 1,
  });
  const trial = new Trial(fleet, false);
  const done = (outcome: Result['outcome'], faults: readonly string[] = []): Result => ({
    outcome,
    faults,
    ms: performance.now() - began,
  });
  try {
    const faults = await faultsOf(trial, scenario, point);
    if (faults === null) return done('missed');
    return faults.length === 0 ? done('recovered') : done('failed', [...faults, ...evidence(trial)]);
  } catch (error) {
    return done('failed', [messageOf(error), ...evidence(trial)]);
  } finally {
    await fleet[Symbol.asyncDispose]();
  }
}

/** Returns the steps up to the named one: the first, and those it needs. */
function stepsTo({steps}: Scenario, name: string): Step[] {
  const needed = new Set([steps[0]?.name, name]);
  for (const step of [...steps].reverse()) if (needed.has(step.name)) step.needs?.forEach(one => needed.add(one));
  return steps.filter(step => needed.has(step.name));
}

/** Returns the faults, or null if no process died. */
async function faultsOf(trial: Trial, scenario: Scenario, {part, phase}: Point): Promise<string[] | null> {
  const {fleet} = trial;
  let cgroup: string | null = null;
  for (const step of stepsTo(scenario, phase)) {
    const before: PsReport | null = step.name === 'up' ? null : await trial.settled();
    if (before) cgroup = fleet.cgroup(before.workers.find(({id}) => id === 'talk/1')?.pid ?? 0);
    const crash: Crash = {part, touched: step.touches};
    if (step.name === phase) trial.keeperKilled ||= mayLoseExits(part);
    await takeStep(trial, step);
    if (step.name !== phase) continue;
    try {
      await until('the death', () => fleet.hasDied, LINGER_MS);
    } catch {
      return null;
    }
    fleet.phase = 'recovered';
    const special = (): string[] => scenario.faults?.(trial) ?? [];
    if (step.name === down.name) return [...(await faultsAfterDown(trial, crash, cgroup)), ...special()];
    const faults = await faultsWhileUp(trial, crash, before);
    // A recovered fleet must continue to work.
    cgroup ??= fleet.cgroup(await trial.pidOf('talk/1'));
    await dies(trial, 'pair/1');
    await down.run(trial);
    faults.push(...(await faultsAfterDown(trial, crash, cgroup)), ...special());
    return [...new Set(faults)];
  }
  return null;
}
