/** The fixture fleets show what their README describes. (The demo has a test of its own.) */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {project, TestFleet, until} from './harness.ts';
import {commandLine, everyProcess, lives, look} from './processes.ts';

const fixture = (name: string): TestFleet =>
  new TestFleet(readFileSync(join(project, 'fixtures', name, 'brood.yaml'), 'utf8'));

test('crash-loop: restarts get slower until a worker gives up, a recovered worker stays, a steady one is not touched', async () => {
  await using fleet = fixture('crash-loop');
  fleet.up();
  const {pid} = await fleet.status('steady', 'ready');
  const failed = await fleet.status('gives-up', 'failed');
  expect(failed.restarts).toBe(5);
  const spawned = fleet.events('spawned').filter(({worker}) => worker === 'gives-up');
  const gaps = spawned.slice(1).map(({at}, i) => Date.parse(at) - Date.parse(spawned[i]!.at));
  // 100 ms, doubled each time up to 1 s, each 20 % more or less: the last is longer than the first two together.
  expect(gaps.at(-1)).toBeGreaterThan(gaps[0]! + gaps[1]!);
  expect(fleet.run('why', 'gives-up').out).toMatch(/cannot read its settings/);
  const recovered = await until('the fourth run', () => {
    const worker = fleet.worker('recovers');
    return worker.restarts === 3 && worker.status === 'ready' && worker;
  });
  expect(recovered.exit?.signal).toBe('SIGSEGV');
  expect((await fleet.status('never-again', 'failed')).restarts).toBe(0);
  expect(fleet.worker('steady')).toMatchObject({pid, restarts: 0});
});

test('zombie-maker: three zombies are reported, and are gone with the parent that did not wait for them', async () => {
  await using fleet = fixture('zombie-maker');
  fleet.up('--wait');
  const {pid} = fleet.worker('careless');
  const zombies = await until('three zombies', () => {
    const found = everyProcess().filter(seen => seen.ppid === pid && seen.state === 'Z');
    return found.length === 3 && found;
  });
  await until(
    'the report',
    () => fleet.events('zombie-found').filter(({worker}) => worker === 'careless').length === 3,
  );
  expect(fleet.run('restart', 'careless').code).toBe(0);
  expect(zombies.filter(zombie => look(zombie.pid)?.startTime === zombie.startTime)).toEqual([]);
});

test('orphan-maker: each orphan is attributed to its worker, and ends with it', async () => {
  await using fleet = fixture('orphan-maker');
  fleet.up('--wait');
  const {keeper} = fleet;
  const orphans = (): number[] =>
    everyProcess()
      .filter(({pid, ppid}) => ppid === keeper && /^(\/bin\/)?sleep 200\d/.test(commandLine(pid).join(' ')))
      .map(({pid}) => pid);
  const all = await until('four orphans', () => {
    const found = orphans();
    return found.length === 4 && found;
  });
  await until('the reports', () => {
    const adopted = fleet.events('orphan-adopted');
    return all.every(pid => adopted.some(event => event.pid === pid && event.worker !== undefined));
  });
  for (const worker of ['forker', 'daemonizer', 'untagged']) expect(fleet.run('stop', worker).code).toBe(0);
  expect(all.filter(lives)).toEqual([]);
});
