/** Waits until the fleet is in the wanted state; deviations that remain at the deadline are findings. */
import {readlinkSync} from 'node:fs';
import {basename, join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {disagreements, partsAreThere, type Answer} from './checks/answers.ts';
import {otherCode} from './checks/code.ts';
import {missingLines} from './checks/lines.ts';
import {goneForGood, missingMains, restartedUnasked} from './checks/mains.ts';
import {survivors} from './checks/survivors.ts';
import {APPLY, type Field} from './field.ts';
import {Failure} from './failure.ts';
import type {Ledger, Note} from './ledger.ts';
import type {Logs} from './logs.ts';
import type {Observation} from './observation.ts';
import type {Watch} from './watch.ts';
import {commandLine} from '../end-to-end/processes.ts';
import type {PsReport} from '../../src/control/reports.ts';

/** The deadline of a condition, no measure of speed: a busy machine takes long. */
const PATIENCE_MS = 120_000;
const LOOK_MS = 250;
/** Required number of consecutive looks without a complaint. */
const CLEAN_LOOKS = 2;

export interface Eyes {
  readonly field: Field;
  readonly logs: Logs;
  readonly ledger: Ledger;
  readonly watch: Watch;
  /** Main processes when the fleet last settled. */
  readonly before: ReadonlyMap<string, string>;
  readonly startedAt: number;
}

/** Looks until there is no complaint. Returns the last observation. Throws {@link Failure}. */
export async function settle(eyes: Eyes): Promise<Observation> {
  const {field, watch} = eyes;
  const end = performance.now() + PATIENCE_MS;
  await field.undone();
  for (let clean = 0; ;) {
    if (watch.findings.length > 0) throw new Failure(watch.findings);
    const problem = (await bringUp(field)) ?? (await field.work());
    if (problem === null && field.unsureWhetherApplied) {
      field.unsureWhetherApplied = false;
      field.touch(field.wanted.apply());
      field.ask(APPLY);
      continue;
    }
    const look = problem === null ? await judge(eyes) : {complaints: [problem], observation: field.observer.look()};
    clean = look.complaints.length === 0 ? clean + 1 : 0;
    if (clean === CLEAN_LOOKS) return look.observation;
    if (look.complaints.length > 0 && performance.now() > end)
      throw new Failure(look.complaints.map(words => `still so after ${PATIENCE_MS / 1000} s: ${words}`));
    await delay(LOOK_MS);
  }
}

/** By design, a fleet without anchor and keeper does not come back by itself: the next `up` adopts it. */
async function bringUp(field: Field): Promise<string | null> {
  const nobody = (): boolean => {
    const {anchor, keeper} = field.observer.parts();
    return anchor.length === 0 && keeper.length === 0;
  };
  if (!nobody()) return null;
  if (!field.anchorKilled || !field.keeperKilled) {
    const who = field.anchorKilled ? 'the keeper' : 'the anchor';
    throw new Failure([`the supervisor is gone, and nobody has killed ${who}`]);
  }
  const {code, out, err} = await field.arena.run(['up', '-d'], field.edition);
  if (code !== 0) return `brood up -d: exit ${code}: ${(out + err).slice(0, 600)}`;
  field.anchorKilled = false;
  field.keeperKilled = false;
  field.unsureWhetherApplied = true;
  return null;
}

interface Look {
  readonly complaints: readonly string[];
  readonly observation: Observation;
}

async function judge({field, logs, ledger, watch, before, startedAt}: Eyes): Promise<Look> {
  const notes = ledger.read();
  watch.findings.push(...logs.poll());
  const observation = field.observer.look();
  const wanted = field.wanted.up();
  const living = new Set(observation.members.map(({run}) => run));
  const promised = (note: Note): boolean => !field.unenforced || living.has(note.run);
  const missing = missingLines(notes.filter(promised), note => logs.has(note));
  const lastSeen = (id: string): number => Math.max(watch.lastSeen(id) ?? startedAt, logs.lastBegan(id) ?? 0);
  const complaints = [
    ...partsAreThere(observation, !field.anchorKilled),
    ...missingMains(observation, wanted),
    ...survivors(observation, wanted),
    ...missing,
    ...goneForGood(observation.at, wanted, lastSeen),
    ...restartedUnasked(before, observation, wanted, field.touched),
  ];
  if (complaints.length === 0) complaints.push(...otherCode(wordsOf(observation), currentCode(field)));
  if (complaints.length === 0)
    complaints.push(...disagreements(await ask(field), observation, wanted, field.wanted.down()));
  if (complaints.length === 0) {
    for (const note of notes) logs.notPromised += Math.max(0, note.number - logs.has(note));
    ledger.settle(notes);
  }
  return {complaints, observation};
}

const wordsOf = ({parts}: Observation): Parameters<typeof otherCode>[0] => ({
  keeper: commandLine(parts.keeper[0]?.pid ?? 0),
  controller: commandLine(parts.controller[0]?.pid ?? 0),
});

function currentCode({arena}: Field): string {
  try {
    return basename(readlinkSync(join(arena.fleetFolder ?? '', 'code', 'current')));
  } catch (error) {
    return String(error);
  }
}

async function ask({arena}: Field): Promise<Answer> {
  const {code, out, err} = await arena.run(['ps', '--json']);
  try {
    return JSON.parse(out) as PsReport;
  } catch {
    return {mute: `ps --json: exit ${code}: ${(out + err).slice(0, 300)}`};
  }
}
