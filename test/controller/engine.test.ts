import {getEventListeners} from 'node:events';
import {mkdirSync} from 'node:fs';
import {describe, expect, onTestFinished, test} from 'vitest';
import {beginCore} from '../../src/controller/start/restore.ts';
import {Engine} from '../../src/controller/turn/engine.ts';
import {Journal} from '../../src/journal/writer.ts';
import {SnapshotFile} from '../../src/controller/state/snapshot-file.ts';
import {decodeFound, type Launch} from '../../src/controller/state/launch.ts';
import {inFolder} from '../../src/control/folder.ts';
import {recordsAfter} from '../../src/journal/read.ts';
import type {FleetSpec} from '../../src/fleet/types.ts';
import type {Effect, Core} from '../../src/supervisor/index.ts';
import {scratch, until} from '../control/helpers.ts';
import {fleetOf, worker} from '../supervisor/harness.ts';

const BOOT = 'this boot';

const launchOf = (spec: FleetSpec): Launch => ({
  name: spec.name,
  file: spec.file,
  dir: spec.dir,
  id: 'fleet-1',
  launch: 'l1',
  spec,
  only: null,
  attached: false,
  clients: [],
});

/** A controller without keeper and socket: engine, snapshot and journal in a folder. */
class Bench {
  readonly engine: Engine;
  readonly core: Core;
  readonly done: Effect[] = [];
  readonly unwritten: string;
  readonly snapshot: SnapshotFile;
  readonly folder: string;
  /** Simulates a kill after the commit, before the journal is written. */
  diesBeforeJournal = false;
  /** Whether its keeper is present. */
  isCurrent = true;
  superseded = false;

  constructor(folder: string) {
    this.folder = folder;
    this.snapshot = new SnapshotFile(folder);
    const {core, saved, unwritten} = beginCore(launchOf(fleetOf([worker('web')])), this.snapshot, BOOT);
    this.core = core;
    this.unwritten = unwritten;
    const journal = new Journal(folder, () => undefined);
    journal.open(saved?.seq ?? 0, unwritten);
    const flush = journal.flush.bind(journal);
    journal.flush = () => {
      if (!this.diesBeforeJournal) flush();
    };
    this.engine = new Engine({
      core,
      snapshot: this.snapshot,
      journal,
      saved: () => ({boot: BOOT, launch: 'l1', keeper: 1, attached: false, clients: [], upSince: 0}),
      carryOut: effects => this.done.push(...effects),
      isCurrent: () => this.isCurrent,
      superseded: () => (this.superseded = true),
    });
    onTestFinished(() => this.engine.close());
    this.engine.feed({type: 'tick'});
  }

  get token(): string {
    return this.core.get('web/1')?.run?.token ?? '';
  }

  get types(): string[] {
    return this.done.map(({type}) => type);
  }

  get journal(): string[] {
    return [...recordsAfter(this.folder, -1)].map(({type}) => type);
  }

  async spawned(): Promise<this> {
    await until('the order to spawn', () => this.types.includes('spawn'));
    this.engine.feed({type: 'spawned', token: this.token, pid: 10, startTime: '1', at: 1});
    await until('ready', () => this.core.get('web/1')?.status === 'ready');
    return this;
  }

  exits(): void {
    this.engine.feed({type: 'exited', token: this.token, code: 1, signal: null, at: 1});
  }
}

/** Returns the core's state as of the last commit. */
function committed(folder: string): string {
  const {text, changes} = new SnapshotFile(folder).readSnapshot();
  return text === null ? '' : (decodeFound(text, changes, BOOT)?.core ?? '');
}

describe('the engine', () => {
  test('commits changes, and the whole state once all is quiet; both give the same state', async () => {
    const folder = scratch();
    const bench = await new Bench(folder).spawned();
    await until('changes', () => new SnapshotFile(folder).readSnapshot().changes.length > 0);
    await until('the commit', () => committed(folder) === bench.core.snapshot());
    await until('the whole', () => new SnapshotFile(folder).readSnapshot().changes.length === 0);
    expect(committed(folder)).toBe(bench.core.snapshot());
  });

  test('writes committed events to the journal, and none before', async () => {
    const bench = await new Bench(scratch()).spawned();
    await until('the line', () => bench.journal.includes('ready'));
    expect(committed(bench.folder)).toContain('"status":"ready"');
  });

  test('leaves events that were committed and not written before a kill to the next engine, which writes them once', async () => {
    const folder = scratch();
    const bench = await new Bench(folder).spawned();
    await until('the line', () => bench.journal.includes('ready'));
    bench.diesBeforeJournal = true;
    bench.exits();
    await until('the commit', () => bench.types.includes('clear'));
    expect(bench.journal).not.toContain('exited');
    for (let round = 0; round < 2; round++) {
      const next = new Bench(folder);
      await until('its lines', () => next.journal.includes('exited'));
      next.engine.close();
      expect(next.journal.filter(type => type === 'exited').length).toBe(1);
      expect(next.journal.filter(type => type === 'spawned').length).toBe(1);
    }
  });

  test('handles simultaneous inputs in order and in slices, between which other tasks run', async () => {
    const bench = await new Bench(scratch()).spawned();
    const handle = bench.core.handle.bind(bench.core);
    const heard: number[] = [];
    bench.core.handle = (input, time) => {
      if (input.type === 'alarm') {
        heard.push(input.seconds);
        // As long as handling takes in a large fleet.
        for (const began = performance.now(); performance.now() - began < 3;);
      }
      return handle(input, time);
    };
    const numbers = Array.from({length: 50}, (_, i) => i);
    let turns = 0;
    const others = (): void => {
      turns++;
      if (heard.length < numbers.length) setImmediate(others);
    };
    setImmediate(others);
    let settled = false;
    bench.engine.feed(...numbers.map(seconds => ({type: 'alarm', ids: ['web/1'], seconds}) as const));
    const waits = bench.engine.until(() => (settled = true), new AbortController().signal).then(() => heard.length);
    await until('all to be heard', () => heard.length === numbers.length);
    expect(heard).toEqual(numbers);
    expect(turns).toBeGreaterThan(5);
    // Earlier inputs are handled first.
    expect(await waits).toBe(numbers.length);
    expect(settled).toBe(true);
  });

  test('makes no decision without its keeper: its last inputs are left to its successor', async () => {
    const folder = scratch();
    const bench = await new Bench(folder).spawned();
    await until('the line', () => bench.journal.includes('ready'));
    const before = bench.journal;
    const text = committed(folder);
    bench.isCurrent = false;
    bench.exits();
    const heard = {type: 'exited', token: bench.token, code: 1, signal: null, at: 1} as const;
    const next = new Bench(folder);
    next.engine.feed(heard);
    await until('the successor to act', () => next.types.includes('clear'));
    bench.engine.close();
    next.engine.close();
    expect(bench.types).not.toContain('clear');
    expect(text).toContain('"status":"ready"');
    expect(next.journal.slice(before.length).filter(type => type === 'exited')).toEqual(['exited']);
  });

  test('does nothing, reports it and writes nothing once it is superseded', async () => {
    const folder = scratch();
    const frozen = await new Bench(folder).spawned();
    await until('the line', () => frozen.journal.includes('ready'));
    const next = new Bench(folder);
    next.exits();
    await until('its lines', () => next.journal.includes('exited'));
    next.engine.close();
    const before = next.journal;
    frozen.exits();
    await until('it to notice', () => frozen.superseded);
    frozen.engine.close();
    expect(frozen.types).not.toContain('clear');
    expect(frozen.journal).toEqual(before);
  });

  test('acts but lets nothing be forgotten while no commit succeeds; then it continues as before', async () => {
    const folder = scratch();
    const bench = await new Bench(folder).spawned();
    const {snapshot} = bench;
    const kept = {write: snapshot.write.bind(snapshot), append: snapshot.append.bind(snapshot)};
    snapshot.write = snapshot.append = () => {
      throw Object.assign(new Error('full'), {code: 'ENOSPC'});
    };
    const {token} = bench;
    bench.exits();
    bench.engine.feed({type: 'cleared', token, proof: 'lineage', survivors: []});
    await until('another run', () => bench.types.filter(type => type === 'spawn').length === 2);
    expect(bench.engine.commitError).toBe('ENOSPC');
    expect(bench.engine.canRecord(0)).toBe(false);
    expect(bench.types).not.toContain('forget');
    Object.assign(snapshot, kept);
    expect(bench.engine.canRecord(0)).toBe(true);
    bench.engine.feed({type: 'tick'});
    await until('what is committed to be forgotten', () => bench.types.includes('forget'));
  });

  test('leaves no listeners of waits on the abort signal of a long-lived client', async () => {
    const {engine} = await new Bench(scratch()).spawned();
    const {signal} = new AbortController();
    for (let i = 0; i < 20; i++) await engine.until(() => true, signal);
    await engine.until(() => false, signal, 1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const gone = new AbortController();
    const waiting = engine.until(() => false, gone.signal);
    gone.abort();
    await waiting;
    await engine.until(() => false, gone.signal);
    expect(getEventListeners(gone.signal, 'abort')).toEqual([]);
  });
});

describe('the start of a controller', () => {
  const launch = launchOf(fleetOf([worker('web')]));
  const begin = (folder: string): ReturnType<typeof beginCore> => beginCore(launch, new SnapshotFile(folder), BOOT);
  const saved = JSON.stringify({boot: BOOT, launch: 'l1', seq: 7, keeper: 1, attached: false, clients: [], upSince: 0});

  test.each([
    ['of a later version', `${saved}\n{"version":99}\n`],
    ['that is something else', `${saved}\n[]\n`],
    ['without the first line', '{"version":1}'],
    ['that is empty', ''],
  ])('a snapshot %s is set aside, and the fleet starts anew from its file', (_what, text) => {
    const folder = scratch();
    new SnapshotFile(folder).write(text);
    const beginning = begin(folder);
    expect(beginning.saved).toBeNull();
    expect(beginning.repaired).toMatch(/kept as .*snapshot\.1\.unreadable.*continues from its file/);
    expect([...beginning.core.instances()].map(({id, status}) => `${id} ${status}`)).toEqual(['web/1 pending']);
    expect(begin(folder).repaired).toBeNull();
  });

  test('a snapshot of another boot is ignored', () => {
    const folder = scratch();
    new SnapshotFile(folder).write(saved.replace(BOOT, 'another') + '\nwhatever');
    expect(begin(folder)).toMatchObject({saved: null, repaired: null});
  });

  test("a half that can't be read at all is reported as damage, and is not fatal", () => {
    const folder = scratch();
    mkdirSync(inFolder.snapshot(folder, 0));
    expect(begin(folder).repaired).toMatch(/both halves are damaged|continues from its file/);
  });
});
