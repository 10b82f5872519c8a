/** The final record of a keeper about its fleet: of this version, of an earlier one, or missing. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {readLeft} from '../../src/control/left.ts';
import {LastWord} from '../../src/keeper/folder/last-word.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'brood-left-'))));
afterEach(() => rmSync(folder, {recursive: true, force: true}));

const path = (): string => join(folder, 'left.json');

test('a fleet that was ended completely has no survivors and no doubts', () => {
  new LastWord(folder).writeEnd([], []);
  expect(readLeft(folder)).toEqual({survivors: [], doubts: []});
});

test('a doubt is reported by every later keeper of the same boot', () => {
  for (const id of ['a/1', 'b/1', 'a/1']) new LastWord(folder).note(id, 'lost');
  new LastWord(folder).writeEnd(['7 sh'], ['8 sleep may belong to it']);
  expect(readLeft(folder)).toEqual({
    survivors: ['7 sh'],
    doubts: [
      {ids: ['a/1', 'b/1'], words: 'lost'},
      {ids: [], words: '8 sleep may belong to it'},
    ],
  });
  writeFileSync(path(), readFileSync(path(), 'utf8').replace(/"boot":"[^"]*"/, '"boot":"another"'));
  new LastWord(folder).writeEnd([], []);
  expect(readLeft(folder)).toEqual({survivors: [], doubts: []});
});

test.each([
  ['["7 sh"]', {survivors: ['7 sh'], doubts: null}],
  ['', {survivors: [], doubts: null}],
  ['{"boot":"x","proof":null,"survivors":[],"doubts":[]}', {survivors: [], doubts: null}],
  ['{"proof":"complete"', {survivors: [], doubts: null}],
])('a file of an earlier version, a torn file and one without a final record report no doubts: %s', (text, left) => {
  writeFileSync(path(), text);
  expect(readLeft(folder)).toEqual(left);
});

test('a missing file reports no survivors and unknown doubts', () => {
  expect(readLeft(folder)).toEqual({survivors: [], doubts: null});
});
