/** The process connector is opened when it is needed, and retried after a failure. */
import {expect, test} from 'vitest';
import {ConnectorWhenNeeded, RunConnector} from '../../src/keeper/lineage/connector.ts';
import {Runs} from '../../src/keeper/runs/runs.ts';
import {Epoll} from '../../src/posix/epoll.ts';
import {isRoot, whyNoConnector} from '../end-to-end/wrapped.ts';

const host = (epoll: Epoll) => ({runs: new Runs(), epoll, isSpawned: () => false, gapOf: () => null});

function refusing(times: number, open = RunConnector.open): {calls: () => number; open: typeof RunConnector.open} {
  let calls = 0;
  return {
    calls: () => calls,
    open: one => (++calls <= times ? {unavailable: 'no descriptor was to be had'} : open(one)),
  };
}

test('after a failure it is not retried by each run, but at sweeps, at increasing intervals', () => {
  const epoll = new Epoll();
  const {calls, open} = refusing(Infinity);
  const connector = new ConnectorWhenNeeded(host(epoll), open);
  expect(connector.unavailable).toBeNull();
  connector.sweep(0);
  expect(calls()).toBe(0);
  for (let i = 0; i < 3; i++) expect(connector.need()).toBeNull();
  expect(calls()).toBe(1);
  expect(connector.unavailable).toBe('no descriptor was to be had');
  const start = Math.ceil(performance.now());
  const tried: number[] = [];
  for (let second = 0; second < 3600; second++) {
    const before = calls();
    connector.sweep(start + second * 1000);
    if (calls() > before) tried.push(second);
  }
  const pauses = tried.slice(1).map((at, i) => at - (tried[i] ?? 0));
  expect(tried.length).toBeGreaterThan(5);
  expect(tried.length).toBeLessThan(30);
  expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
  epoll.close();
});

test.skipIf(whyNoConnector !== null || !isRoot)(
  'once it can be opened, it is used (needs root and a connector)',
  () => {
    const epoll = new Epoll();
    const {open} = refusing(1);
    const connector = new ConnectorWhenNeeded(host(epoll), open);
    try {
      expect(connector.need()).toBeNull();
      connector.sweep(performance.now() + 60_000);
      expect(connector.now).toBeInstanceOf(RunConnector);
      expect(connector.unavailable).toBeNull();
    } finally {
      connector.now?.close();
      epoll.close();
    }
  },
);
