/** The fleet and the `brood top` that all tests of keys share. */
import type {TestFleet} from '../../end-to-end/harness.ts';
import {Stage, stageFleet} from '../keys-stage.ts';

export let fleet: TestFleet;
export let stage: Stage;

export async function openStage(): Promise<void> {
  fleet = stageFleet().up('--wait');
  stage = new Stage(fleet);
  await stage.sees(/pipes\/1 +ready/);
}

/** Starts `brood top` anew, after a failed test. */
export async function replaceStage(): Promise<void> {
  await stage[Symbol.asyncDispose]();
  stage = new Stage(fleet);
}

export async function closeStage(): Promise<void> {
  await stage[Symbol.asyncDispose]();
  await fleet[Symbol.asyncDispose]();
}
