/** What a keeper has said at last of a fleet that it ended: of this version, of an earlier one, or nothing. */
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

test('all was ended', () => {
  new LastWord(folder).writeEnd([], []);
  expect(readLeft(folder)).toEqual({survivors: [], doubts: []});
});

test('what was in doubt once is so for every later keeper of the same boot', () => {
  for (const id of ['a/1', 'b/1', 'a/1']) new LastWord(folder).note(id, 'lost');
  new LastWord(folder).writeEnd(['7 sh'], ['8 sleep may be left of it']);
  expect(readLeft(folder)).toEqual({
    survivors: ['7 sh'],
    doubts: [
      {ids: ['a/1', 'b/1'], words: 'lost'},
      {ids: [], words: '8 sleep may be left of it'},
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
])('an earlier version, a torn file and one that was not written at last say nothing of doubts: %s', (text, left) => {
  writeFileSync(path(), text);
  expect(readLeft(folder)).toEqual(left);
});

test('there is none', () => {
  expect(readLeft(folder)).toEqual({survivors: [], doubts: null});
});
