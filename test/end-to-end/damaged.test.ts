/** Damaged files of a killed controller: the next one goes on from what is left, and reports the damage. */
import {
  copyFileSync,
  mkdtempSync,
  rmSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {endsClean, folderOf, HOUR, linesOf, loseController, sleeper} from './losing.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';
import {SnapshotFile} from '../../src/controller/state/snapshot-file.ts';

// Many commands one after another: on a busy machine each takes its time.
vi.setConfig({testTimeout: 180_000});

const quick = {first: '0s', initial: '20ms', max: '50ms', jitter: '0%'};

/** Writes garbage over some bytes of a file. */
function damage(path: string, at: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, 'garbage', at);
  closeSync(fd);
}

const isSame = ([one, other]: readonly {text: string; changes: number}[]): boolean =>
  one !== undefined && one.text !== '' && one.changes === 0 && one.text === other?.text && other.changes === 0;

/** Returns the content of each half of the snapshot, read alone. */
function halves(fleet: TestFleet): {text: string; changes: number}[] {
  return [0, 1].map(half => {
    const alone = mkdtempSync(join(tmpdir(), 'brood-half-'));
    try {
      copyFileSync(join(folderOf(fleet), `snapshot.${half}`), join(alone, 'snapshot.0'));
      const {text, changes} = new SnapshotFile(alone).readSnapshot();
      return {text: text ?? '', changes: changes.length};
    } finally {
      rmSync(alone, {recursive: true});
    }
  });
}

describe('after the loss of the controller', () => {
  const workers = {
    w: {...sleeper, instances: 2},
    probed: {...sleeper, ready: {exec: ['test', '-e', 'go'], timeout: HOUR}},
    paused: sleeper,
    stopped: sleeper,
    end: {sh: 'echo $$ >> end.runs; exec sleep 1000', backoff: quick},
  };

  test('damage to one half of the snapshot loses nothing, and is reported', async () => {
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up();
      await fleet.ready('w/1', 'w/2', 'end');
      expect(fleet.run('stop', 'stopped').code).toBe(0);
      const pids = fleet.ps().workers.map(({pid}) => pid);
      for (const half of [0, 1]) {
        // When nothing changes, both halves are equal.
        await until('both halves to be whole', () => isSame(halves(fleet)));
        await loseController(fleet, () => damage(join(folderOf(fleet), `snapshot.${half}`), 60));
        await until('the event', () => fleet.events('repaired').length === half + 1);
        expect(fleet.events('repaired').at(-1)).toMatchObject({what: 'snapshot'});
        expect(fleet.ps().workers.map(({pid}) => pid)).toEqual(pids);
      }
      expect(fleet.worker('stopped').status).toBe('stopped');
      await endsClean(fleet);
    });
  });

  test.each(['both halves', 'gone', 'of a later version'])(
    'a fleet with a damaged snapshot (%s) goes on from its file, and running workers are neither doubled nor restarted',
    async how => {
      await using(new TestFleet({fleet: 't', workers}), async fleet => {
        fleet.up();
        await fleet.ready('w/1', 'w/2', 'paused', 'end');
        expect(fleet.run('stop', 'stopped').code).toBe(0);
        expect(fleet.run('pause', 'paused').code).toBe(0);
        expect(fleet.run('scale', 'w=3').code).toBe(0);
        const before = fleet.ps().workers;
        const kept = before.filter(({id, pid}) => pid !== null && id !== 'w/3' && id !== 'end/1');
        const [extra, end] = ['w/3', 'end/1'].map(id => before.find(worker => worker.id === id)!.pid!);
        const folder = folderOf(fleet);
        await loseController(fleet, () => {
          for (const half of [0, 1] as const) {
            const path = join(folder, `snapshot.${half}`);
            if (how === 'both halves') damage(path, 60);
            else if (how === 'gone') truncateSync(path, 0);
          }
          if (how === 'of a later version') {
            const file = new SnapshotFile(folder);
            file.write(file.readSnapshot().text?.replace('"version":1', '"version":99') ?? '');
          }
          // One worker ends while there is no controller.
          process.kill(end!, 'SIGKILL');
        });
        await fleet.successor('end', end!);
        const after = fleet.ps().workers;
        for (const {id, pid} of kept)
          expect(`${id} ${after.find(worker => worker.id === id)?.pid ?? ''}`).toBe(`${id} ${pid ?? ''}`);
        expect(fleet.worker('probed').status).toBe('starting');
        expect(fleet.worker('paused').flags).toContain('paused');
        // State of the snapshot alone is lost: the fleet file has two instances, and all workers are up.
        await until('the third copy to have ended', () => !lives(extra!));
        await fleet.ready('stopped');
        expect(fleet.ps().workers.filter(({worker}) => worker === 'w').length).toBe(2);
        expect(linesOf(fleet, 'end.runs')).toBe(2);
        if (how !== 'gone') {
          expect(fleet.events('repaired').map(({what}) => what)).toEqual(['snapshot']);
          expect(readdirSync(folder).filter(name => name.endsWith('.unreadable')).length).toBe(2);
          expect(readFileSync(join(folder, 'supervisor.log'), 'utf8')).toMatch(/repaired snapshot/);
        }
        fleet.write('', 'go');
        await fleet.ready('probed');
        // The state is recorded again.
        const state = fleet.ps().workers.map(({id, pid, status}) => `${id} ${pid ?? ''} ${status}`);
        await loseController(fleet);
        expect(fleet.ps().workers.map(({id, pid, status}) => `${id} ${pid ?? ''} ${status}`)).toEqual(state);
        await endsClean(fleet);
      });
    },
  );

  test('damage to the end and to other lines of the journal is reported, the rest stays readable, numbers rise', async () => {
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
      fleet.up('--wait');
      const path = join(folderOf(fleet), 'journal.jsonl');
      await until('its lines', () => fleet.events('ready').length === 1);
      const before = fleet.events();
      await loseController(fleet, () => truncateSync(path, statSync(path).size - 5));
      await until('the event', () => fleet.events('repaired').length === 1);
      await loseController(fleet, () => writeFileSync(path, `garbage\n${readFileSync(path, 'utf8')}`));
      await until('the event', () => fleet.events('repaired').length === 2);
      const after = fleet.events();
      expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
      expect(after.every(({seq}, index) => index === 0 || seq > after[index - 1]!.seq)).toBe(true);
      expect(after.filter(({type}) => type === 'repaired').map(({what}) => what)).toEqual(['journal', 'journal']);
      await endsClean(fleet);
    });
  });
});
