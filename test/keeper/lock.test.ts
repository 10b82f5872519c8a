/** The keeper's lock: held, restored, and yielded. */
import {spawnSync} from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {hidesOthers, HIDEPID} from '../end-to-end/processes.ts';
import {takeLock, type Holder, type Lock} from '../../src/keeper/folder/lock.ts';
import {startTimeOf} from '../../src/process/stat.ts';

let folder = '';
let path = '';
const held: Lock[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'brood-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => {
  for (const lock of held.splice(0)) lock.release();
  rmSync(folder, {recursive: true});
});

/** Returns a holder with that pid, which is alive. */
const nameOf = (pid: number): Holder => ({
  pid,
  startTime: startTimeOf(pid) ?? '',
  anchor: null,
  anchorStartTime: null,
  startedAt: 1,
  version: 'x',
});
/** An older and a younger holder: init, and this process. */
const OLDER = nameOf(1);
const YOUNGER = nameOf(process.pid);

async function take(name: Holder): Promise<Lock> {
  const lock = await takeLock(path, name);
  if ('heldBy' in lock) throw new Error(`held by ${lock.heldBy}`);
  held.push(lock);
  return lock;
}
const namedIn = (): unknown => JSON.parse(readFileSync(path, 'utf8'));

describe('damage to the lock file is undone, and no other process can take the lock', () => {
  test.each<[string, () => void]>([
    ['removed', () => rmSync(path)],
    ['emptied', () => truncateSync(path)],
    [
      'replaced by another file',
      () => {
        writeFileSync(`${path}.new`, 'something else');
        renameSync(`${path}.new`, path);
      },
    ],
    [
      'replaced by a link to another file',
      () => {
        writeFileSync(join(folder, 'precious'), 'precious');
        rmSync(path);
        symlinkSync(join(folder, 'precious'), path);
      },
    ],
    ['moved away', () => renameSync(path, `${path}.old`)],
  ])('%s', async (_what, damage) => {
    const lock = await take(YOUNGER);
    expect(lock.repairLock(true)).toEqual({kind: 'held'});
    damage();
    expect(lock.repairLock(true)).toMatchObject({kind: 'repaired'});
    expect(namedIn()).toMatchObject({pid: process.pid});
    expect(lstatSync(path).isFile()).toBe(true);
    expect(lock.repairLock(false)).toEqual({kind: 'held'});
    expect(await takeLock(path, OLDER)).toEqual({heldBy: process.pid});
    expect(readdirSync(folder).filter(name => /^lock\.\d/.test(name))).toEqual([]);
    if (existsSync(join(folder, 'precious'))) expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
  });

  test('a file left by a kill during the repair is no obstacle', async () => {
    const lock = await take(YOUNGER);
    rmSync(path);
    writeFileSync(`${path}.${process.pid}`, 'half');
    expect(lock.repairLock(true)).toMatchObject({kind: 'repaired'});
    expect(readdirSync(folder)).toEqual(['lock']);
  });
});

describe('another keeper has taken a new lock in the meantime', () => {
  test('the older one with living runs takes it back, and the newer one detects that', async context => {
    context.skip(hidesOthers, HIDEPID);
    const older = await take(OLDER);
    rmSync(path);
    const younger = await take(YOUNGER);
    expect(older.repairLock(true)).toMatchObject({kind: 'repaired'});
    expect(namedIn()).toMatchObject({pid: 1});
    expect(younger.repairLock(true)).toEqual({kind: 'taken', by: 1});
    expect(older.repairLock(true)).toEqual({kind: 'held'});
  });

  test('the older one without runs yields', async () => {
    const older = await take(OLDER);
    rmSync(path);
    const younger = await take(YOUNGER);
    expect(older.repairLock(false)).toEqual({kind: 'taken', by: process.pid});
    expect(younger.repairLock(true)).toEqual({kind: 'held'});
  });

  test('a newer lock of an older keeper stays', async context => {
    context.skip(hidesOthers, HIDEPID);
    const younger = await take(YOUNGER);
    rmSync(path);
    await take(OLDER);
    expect(younger.repairLock(true)).toEqual({kind: 'taken', by: 1});
  });
});

test('a lock whose file is removed between open and lock is not accepted', async () => {
  const lock = await take(YOUNGER);
  linkSync(path, `${path}.kept`);
  lock.release();
  held.length = 0;
  const again = await take(YOUNGER);
  expect(lstatSync(path).ino).toBe(lstatSync(`${path}.kept`).ino);
  expect(again.repairLock(true)).toEqual({kind: 'held'});
});

test('a symbolic link in place of the lock is not followed', async () => {
  writeFileSync(join(folder, 'precious'), 'precious');
  symlinkSync(join(folder, 'precious'), path);
  await expect(takeLock(path, YOUNGER)).rejects.toThrow('ELOOP');
  expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
});

test('files left by dead keepers and controllers are removed, those of living ones are not', async context => {
  context.skip(hidesOthers, HIDEPID);
  const dead = spawnSync('true').pid;
  for (const name of [
    `lock.${dead}`,
    `.fleet.json.${dead}`,
    `fleet.json.${dead}`,
    `.splice-${dead}`,
    'lock.1',
    'lock.old',
    'locksmith.2',
  ])
    writeFileSync(join(folder, name), '');
  await take(YOUNGER);
  expect(readdirSync(folder).sort()).toEqual(['lock', 'lock.1', 'lock.old', 'locksmith.2']);
});
