/** What a new controller is told that the one before it has heard. */
import {mkdirSync, readdirSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {folderOf} from './losing.ts';
import {commandLine} from './processes.ts';
import {using} from './wrapped.ts';

async function lose(fleet: TestFleet, part: 'controller' | 'keeper'): Promise<void> {
  const before = fleet[part];
  process.kill(before, 'SIGKILL');
  await until(`the next ${part}`, () => fleet[part] !== before);
}

describe.each(['controller', 'keeper'] as const)('after the %s was lost, the next one knows', part => {
  test('whose output can’t be written', async () => {
    // Again and again: what comes before the keeper has heard the signal still goes to the old file.
    const talk = {sh: 'echo first; while [ ! -e go ]; do sleep 0.02; done; while :; do echo second; sleep 0.05; done'};
    await using(new TestFleet({fleet: 't', workers: {talk}}), async fleet => {
      fleet.up('--wait');
      await until('the first line', () => fleet.run('logs', 'talk', '--raw').out === 'first\n');
      const home = folderOf(fleet);
      const log = readdirSync(home, {recursive: true, encoding: 'utf8'}).find(name =>
        /talk\.1\/out[^/]*log$/.test(name),
      );
      const path = join(home, log ?? '');
      // Moved away, and when it is to be opened anew there is a folder in its place.
      renameSync(path, `${path}.aside`);
      mkdirSync(path);
      process.kill(fleet.keeper, 'SIGUSR1');
      fleet.write('', 'go');
      const weaker = (): boolean =>
        fleet.ps().supervisor.guarantees.weaker.some(line => /talk\/1 is held back.*EISDIR/.test(line));
      await until('the report', weaker);
      await lose(fleet, part);
      await until('the same report', weaker);
      rmSync(path, {recursive: true});
      await until('no report', () => !weaker());
      expect(fleet.run('logs', 'talk', '--raw').out).toContain('second\n');
    });
  });

  test('to which worker an orphan belongs', async () => {
    const w = {sh: '(setsid sleep 5000 &) ; exec sleep 1000'};
    await using(new TestFleet({fleet: 't', workers: {w}}), async fleet => {
      fleet.up('--wait');
      const orphan = await until('the orphan', () =>
        fleet.named('sleep').find(({pid}) => commandLine(pid)[1] === '5000'),
      );
      await until('that it is known', () => fleet.events('orphan-adopted').some(({pid}) => pid === orphan.pid));
      await lose(fleet, part);
      expect(fleet.run('signal', 'CONT', String(orphan.pid)).code).toBe(0);
      expect(fleet.events('signalled').at(-1)).toMatchObject({worker: 'w', instance: 1, pid: orphan.pid});
      expect(fleet.run('stop', 'w').code).toBe(0);
      expect(fleet.named('sleep')).toEqual([]);
    });
  });
});
