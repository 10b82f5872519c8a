/** Copies of the programs, whose name is a hash of their content. */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {createHash} from 'node:crypto';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {filesOfCopy, isWhole, makeCopy, nameOfCopy, putCopy, type CopyFile} from '../../src/home/copy.ts';

let root = '';
let files: CopyFile[] = [];
let copy = '';
const nothing = (): void => undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'brood-copy-'));
  const source = join(root, 'installed');
  mkdirSync(source);
  files = ['keeper.cjs', 'node_modules/koffi/index.cjs', 'node_modules/koffi/a/koffi.node'].map((name, at) => {
    const path = join(source, String(at));
    writeFileSync(path, `${name}\n`.repeat(10_000 * at + 1));
    return {name, path};
  });
  copy = join(root, nameOfCopy(files));
  makeCopy(copy, files, nothing);
});
afterEach(() => rmSync(root, {recursive: true}));

test('a name depends on every byte and every file name, and not on the order', () => {
  const name = nameOfCopy(files);
  expect(name).toMatch(/^[0-9a-f]{16}$/);
  expect(nameOfCopy([...files].reverse())).toBe(name);
  for (const {path} of files) {
    appendFileSync(path, 'x');
    expect(nameOfCopy(files)).not.toBe(name);
    truncateSync(path, readFileSync(path).length - 1);
  }
  expect(nameOfCopy(files.map(file => ({...file, name: `x${file.name}`})))).not.toBe(name);
  expect(nameOfCopy(files.slice(1))).not.toBe(name);
});

describe('a copy that differs is made anew from its sources', () => {
  const damages: [string, () => void][] = [
    ['torn', () => truncateSync(join(copy, 'keeper.cjs'), 3)],
    ['empty', () => truncateSync(join(copy, 'node_modules/koffi/index.cjs'), 0)],
    ['with another byte', () => writeFileSync(join(copy, 'keeper.cjs'), 'Keeper.cjs\n')],
    ['without a file', () => rmSync(join(copy, 'keeper.cjs'))],
    ['without anything', () => rmSync(copy, {recursive: true})],
    ['with a file that does not belong to it', () => writeFileSync(join(copy, 'node_modules/evil.js'), '')],
    [
      'with a folder in the place of a file',
      () => {
        rmSync(join(copy, 'keeper.cjs'));
        mkdirSync(join(copy, 'keeper.cjs'));
      },
    ],
    [
      'with a link in the place of a file',
      () => {
        rmSync(join(copy, 'keeper.cjs'));
        symlinkSync(join(root, 'installed', '0'), join(copy, 'keeper.cjs'));
      },
    ],
    [
      'with a link in the place of a folder',
      () => {
        renameSync(join(copy, 'node_modules'), join(root, 'elsewhere'));
        symlinkSync(join(root, 'elsewhere'), join(copy, 'node_modules'));
      },
    ],
    [
      'that is a link itself',
      () => {
        renameSync(copy, join(root, 'moved'));
        symlinkSync(join(root, 'moved'), copy);
      },
    ],
  ];
  test.each(damages)('%s', (_what, damage) => {
    expect(isWhole(copy)).toBe(true);
    damage();
    expect(isWhole(copy)).toBe(false);
    expect(putCopy(copy, files)).not.toEqual([]);
    expect(isWhole(copy)).toBe(true);
    expect(filesOfCopy(copy).length).toBe(files.length);
    expect(putCopy(copy, files)).toEqual([]);
  });
});

test("a copy of an earlier version is verified against that version's kind of name", () => {
  const names = ['node_modules/koffi/package.json', 'anchor.cjs', 'keeper.cjs', 'controller.cjs'];
  const hash = createHash('sha256').update(process.arch);
  for (const name of names) hash.update(name);
  const earlier = join(root, hash.digest('hex').slice(0, 16));
  mkdirSync(join(earlier, 'node_modules/koffi'), {recursive: true});
  for (const name of names) writeFileSync(join(earlier, name), name);
  writeFileSync(join(earlier, 'node_modules/koffi/index.cjs'), 'of which its name says nothing');
  expect(isWhole(earlier)).toBe(true);
  truncateSync(join(earlier, 'keeper.cjs'), 3);
  expect(isWhole(earlier)).toBe(false);
});

test('a copy that does not work gets no name, and leaves no files', () => {
  rmSync(copy, {recursive: true});
  const refuse = (): void => {
    throw new Error('it can not be loaded');
  };
  expect(() => makeCopy(copy, files, refuse)).toThrow('it can not be loaded');
  expect(readdirSync(root)).toEqual(['installed']);
});

test('a copy made by another process at the same time is accepted', () => {
  makeCopy(copy, files, nothing);
  expect(isWhole(copy)).toBe(true);
  chmodSync(copy, 0o700);
  expect(readdirSync(root).sort()).toEqual([nameOfCopy(files), 'installed'].sort());
});
