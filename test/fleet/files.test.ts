import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {findFleetFile, formatProblem, parseFleetFile} from '../../src/fleet/index.ts';

let dir = '';
beforeAll(() => (dir = realpathSync(mkdtempSync(join(tmpdir(), 'brood-fleet-')))));
afterAll(() => rmSync(dir, {recursive: true, force: true}));

async function problemOf(path: string): Promise<string> {
  const {fleet, problems} = await parseFleetFile(path);
  expect([fleet, problems.length]).toEqual([null, 1]);
  return problems.map(formatProblem).join();
}

describe('reading a fleet file', () => {
  test('resolves paths from the folder of the file itself, also through a symbolic link', async () => {
    mkdirSync(join(dir, 'real'));
    writeFileSync(join(dir, 'real', 'brood.yaml'), '\uFEFFworkers: {w: {run: a, cwd: sub}}');
    symlinkSync(join('real', 'brood.yaml'), join(dir, 'link.yaml'));
    const {fleet} = await parseFleetFile(join(dir, 'link.yaml'));
    expect(fleet).toMatchObject({name: 'real', file: join(dir, 'real', 'brood.yaml'), dir: join(dir, 'real')});
    expect(fleet?.workers[0]?.cwd).toBe(join(dir, 'real', 'sub'));
  });

  test('recognizes a Procfile by its name', async () => {
    for (const name of ['Procfile', 'Procfile.dev', 'x.procfile']) {
      writeFileSync(join(dir, name), 'web: sleep 9 | cat\n');
      expect((await parseFleetFile(join(dir, name))).fleet?.workers[0]?.argv).toEqual([
        '/bin/sh',
        '-c',
        'sleep 9 | cat',
      ]);
    }
  });

  test("reports in one problem why it can't be read", async () => {
    const at = (name: string) => join(dir, name);
    writeFileSync(at('large.yaml'), '#'.repeat(2 ** 20 + 1));
    writeFileSync(at('latin.yaml'), Buffer.from([0x61, 0x3a, 0x0a, 0xe4, 0x0a]));
    execFileSync('mkfifo', [at('fifo.yaml')]);
    symlinkSync('loop.yaml', at('loop.yaml'));
    expect(await problemOf(at('none.yaml'))).toBe(
      `${at('none.yaml')}:1:1: the fleet file can't be read: no such file (ENOENT)`,
    );
    expect(await problemOf(dir)).toContain('is a folder');
    expect(await problemOf(at('large.yaml'))).toContain('larger than 1MiB');
    expect(await problemOf(at('latin.yaml'))).toContain('latin.yaml:2:1: the file is not UTF-8');
    expect(await problemOf(at('fifo.yaml'))).toContain('not a regular file');
    expect(await problemOf(at('loop.yaml'))).toContain('form a loop');
    expect(await problemOf('/dev/zero')).toContain('not a regular file');
    expect(await problemOf('nul\0')).toContain("can't be read");
  });

  test('finds brood.yaml if no file is given', () => {
    expect(findFleetFile(dir)).toBeNull();
    writeFileSync(join(dir, 'brood.yaml'), '');
    expect(findFleetFile(dir)).toBe(join(dir, 'brood.yaml'));
  });
});
