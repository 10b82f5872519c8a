import type {JournalEvent} from '../../../src/journal/events.ts';
import {afterEach, beforeEach, describe, expect, test, vi} from 'vitest';
import {FileWatch} from '../../../src/controller/watching/file-watch.ts';
import type {RootWatchOptions} from '../../../src/controller/watching/root-watch.ts';
import type {WorkerSpec} from '../../../src/fleet/types.ts';
import type {Input} from '../../../src/supervisor/types.ts';
import {Bench, worker} from '../../supervisor/harness.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A fleet in /srv whose files the test changes. */
class Site {
  readonly bench: Bench;
  readonly watch: FileWatch;
  readonly told: Input[] = [];
  readonly noted: JournalEvent[] = [];
  readonly roots = new Map<string, RootWatchOptions>();
  trouble: string | null = null;
  /** The roots watched anew. */
  readonly again: string[] = [];

  constructor(...workers: WorkerSpec[]) {
    this.bench = new Bench(...workers);
    this.watch = new FileWatch({
      core: this.bench.core,
      home: '/var/lib/brood',
      feed: input => void this.told.push(input),
      note: event => void this.noted.push(event),
      watchRoot: options => {
        const trouble = (): string | null => this.trouble;
        this.roots.set(options.root, options);
        return {
          isReady: true,
          get trouble() {
            return trouble();
          },
          checkRoot: () => {},
          again: () => void this.again.push(options.root),
          close: () => void this.roots.delete(options.root),
        };
      },
    });
    this.watch.refresh();
  }

  change(root: string, ...paths: string[]): this {
    for (const path of paths) this.roots.get(root)?.changed(path);
    return this;
  }

  pass(ms: number): this {
    vi.advanceTimersByTime(ms);
    return this;
  }
}

const dir = '/srv';
const src = `${dir}/src`;
const web = worker('web', {instances: 2, watch: [src]});

describe('changes of watched files', () => {
  test('in a burst are reported once it is quiet, with the path of the first', () => {
    const site = new Site(web);
    for (let i = 0; i < 5; i++) site.pass(200).change(src, `${src}/${i}.js`, `${src}/0.js`);
    expect(site.pass(299).told).toEqual([]);
    expect(site.pass(1).told).toEqual([
      {type: 'file-changed', ids: ['web/1', 'web/2'], path: expect.stringMatching(/src\/0\.js$/) as string, files: 5},
    ]);
    expect(site.pass(60_000).told.length).toBe(1);
  });

  test('without a pause are reported every five seconds', () => {
    const site = new Site(web);
    for (let i = 0; i < 105; i++) site.change(src, `${src}/log`).pass(100);
    expect(site.told.length).toBe(2);
  });

  test('are reported for all workers that watch the path, and a path is watched once', () => {
    const site = new Site(web, worker('api', {watch: [src, '/etc/api']}), worker('db'));
    expect([...site.roots.keys()]).toEqual([src, '/etc/api']);
    site.change(src, `${src}/a`).change('/etc/api', '/etc/api').pass(300);
    expect(site.told).toEqual([
      expect.objectContaining({ids: ['web/1', 'web/2'], files: 1}),
      expect.objectContaining({ids: ['api/1'], files: 2}),
    ]);
  });

  test('are no longer reported after the worker was removed or the watch has ended', () => {
    const site = new Site(web);
    site.change(src, `${src}/a`).watch.end();
    expect(site.pass(60_000).told).toEqual([]);
    expect(site.roots.size).toBe(0);
  });
});

describe('another fleet file', () => {
  test('changes only the watches that differ', () => {
    const site = new Site(web, worker('api', {watch: ['/etc/api']}));
    const before = site.roots.get(src);
    site.bench.configure({...web, instances: 1}, worker('job', {watch: [src]}), worker('api'));
    site.watch.heard({type: 'plan-applied'});
    expect([...site.roots]).toEqual([[src, before]]);
    site.change(src, `${src}/a`).pass(300);
    expect(site.told.map(input => ('ids' in input ? input.ids : []))).toEqual([['web/1', 'web/2'], ['job/1']]);
  });
});

describe("a path that can't be watched", () => {
  test('is noted once, and reported with the number of paths', () => {
    const site = new Site(worker('web', {watch: [src]}));
    site.trouble = 'does not exist';
    for (const name of ['a', 'b', 'c']) site.roots.get(src)?.failed('ENOSPC', `/far/${name}`);
    expect(site.noted).toEqual([expect.objectContaining({type: 'watch-failed', worker: 'web', code: 'ENOSPC'})]);
    expect(site.watch.reportOf(worker('web', {watch: [src]}))).toMatchObject({
      watching: true,
      problems: [
        {code: null, message: expect.stringContaining('does not exist') as string},
        {code: 'ENOSPC', message: expect.stringContaining('/far/a and 2 more') as string},
      ],
    });
    expect(site.watch.reportOf(worker('db'))).toBeNull();
  });

  test('is tried again every minute, and not noted again', () => {
    const site = new Site(worker('web', {watch: [src]}), worker('api', {watch: ['/etc/api']}));
    for (let minute = 1; minute <= 3; minute++) {
      site.roots.get(src)?.failed('ENOSPC', '/far/a');
      expect(site.pass(60_000).again.length).toBe(minute);
    }
    expect(site.noted.length).toBe(1);
    expect(site.pass(600_000).again).toEqual([src, src, src]);
  });
});
