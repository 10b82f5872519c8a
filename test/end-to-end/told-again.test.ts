/** Facts that a new controller receives although its predecessor has received them. */
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

describe.each(['controller', 'keeper'] as const)('after the loss of the %s', part => {
  test('a worker whose output can’t be written is still reported', async () => {
    // Repeated: output before the keeper handles the signal still goes to the old file.
    const talk = {sh: 'echo first; while [ ! -e go ]; do sleep 0.02; done; while :; do echo second; sleep 0.05; done'};
    await using(new TestFleet({fleet: 't', workers: {talk}}), async fleet => {
      fleet.up('--wait');
      await until('the first line', () => fleet.run('logs', 'talk', '--raw').out === 'first\n');
      const home = folderOf(fleet);
      const log = readdirSync(home, {recursive: true, encoding: 'utf8'}).find(name =>
        /talk\.1\/out[^/]*log$/.test(name),
      );
      const path = join(home, log ?? '');
      // The log is moved away; when the keeper reopens it, a folder is in its place.
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

  test('an orphan still belongs to its worker', async () => {
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
