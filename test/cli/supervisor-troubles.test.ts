/** The reasons why a supervisor does not answer, as found in /proc. */
import {expect, test} from 'vitest';
import {
  troublesOf,
  troubleWords,
  type Part,
  type SeenProcess,
  type SupervisorLook,
} from '../../src/cli/target/supervisor-troubles.ts';

const PIDS: Readonly<Record<Part, number>> = {anchor: 11, keeper: 22, controller: 33};
const seen = (part: Part, state: string | null): SeenProcess => ({part, pid: PIDS[part], startTime: '1', state});
const look = (states: Partial<Record<Part, string | null>> = {}): SupervisorLook => ({
  anchor: seen('anchor', 'S'),
  keeper: seen('keeper', 'S'),
  controller: seen('controller', 'S'),
  ...Object.fromEntries(Object.entries(states).map(([part, state]) => [part, seen(part as Part, state)])),
});
const quiet = {controllerIsSilent: false, keeperSilentMs: null};
const wordsOf = (now: SupervisorLook, before = now, answers = quiet as Parameters<typeof troublesOf>[2]): string[] =>
  troublesOf(now, before, answers).map(troubleWords);

test('a healthy supervisor has no trouble, even busy or reading a disk for a moment', () => {
  for (const state of ['R', 'S', 'I', 'D']) expect(wordsOf(look({keeper: state}), look())).toEqual([]);
  expect(wordsOf(look(), look(), {controllerIsSilent: false, keeperSilentMs: 2_000})).toEqual([]);
});

test.each([
  [
    {keeper: 'T'},
    /^the keeper \(pid 22\) does not answer: it is stopped \(state T\), .*; `kill -CONT 22` continues it$/,
  ],
  [{controller: 'T'}, /^the controller \(pid 33\) does not answer: it is stopped \(state T\); `kill -CONT 33`/],
  [{anchor: 'T'}, /^the anchor \(pid 11\) is stopped \(state T\), so a lost keeper is not restarted; /],
  [{keeper: 't'}, /stopped by a debugger/],
  [{keeper: 'Z'}, /has exited, and its parent has not waited for it/],
  [{keeper: 'D'}, /blocked in the kernel \(state D\)/],
  [{keeper: null}, /^the keeper \(pid 22\) is gone; the anchor \(pid 11\) restarts it$/],
  [{keeper: null, anchor: null}, /^the keeper \(pid 22\) is gone; its workers may still be running; `brood up`/],
])('%j', (states, words) => {
  expect(wordsOf(look(states))).toEqual([expect.stringMatching(words)]);
});

test('a silent controller is reported with its state, or as missing; a stopped one is reported once', () => {
  const silent = {controllerIsSilent: true, keeperSilentMs: null};
  expect(wordsOf(look({controller: 'R'}), look(), silent)).toEqual([
    expect.stringMatching(/^the controller \(pid 33, state R\) does not answer; the keeper replaces/),
  ]);
  expect(wordsOf({...look(), controller: null}, look(), silent)).toEqual([
    expect.stringMatching(/^no controller answers; the keeper starts one/),
  ]);
  expect(wordsOf(look({controller: 'T'}), look(), silent)).toHaveLength(1);
});

test('a keeper that runs and does not answer its controller is reported', () => {
  expect(wordsOf(look({keeper: 'R'}), look(), {controllerIsSilent: false, keeperSilentMs: 12_000})).toEqual([
    expect.stringMatching(/^the keeper \(pid 22, state R\) does not answer: silent for 12s; /),
  ]);
});
