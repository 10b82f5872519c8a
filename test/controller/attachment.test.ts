import {spawn, type ChildProcess} from 'node:child_process';
import {beforeEach, afterEach, expect, onTestFinished, test, vi} from 'vitest';
import {Attachment} from '../../src/controller/state/attachment.ts';
import type {CallContext} from '../../src/control/handlers.ts';
import {readStat, startTimeOf} from '../../src/process/stat.ts';

beforeEach(() => void vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']}));
afterEach(() => void vi.useRealTimers());

const LONG_MS = 3_600_000;

function contextOf(pid: number | null): {context: CallContext; close: () => void} {
  const connection = new AbortController();
  const context: CallContext = {
    requestId: 1,
    peerPid: pid,
    signal: connection.signal,
    progress: () => undefined,
    replay: () => null,
  };
  return {context, close: () => connection.abort()};
}

function sleeper(): ChildProcess {
  const child = spawn('sleep', ['1000'], {stdio: 'ignore'});
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function state(pid: number, states: string): Promise<void> {
  while (!states.includes(readStat(pid)?.state ?? 'X')) await new Promise(resolve => setImmediate(resolve));
}

const idOf = (pid: number): {pid: number; startTime: string} => ({pid, startTime: startTimeOf(pid) ?? ''});

test('the fleet ends when the last connection closes, and not before', () => {
  const abandoned = vi.fn();
  const attachment = new Attachment({attached: false, clients: []}, abandoned);
  expect(attachment.saved).toEqual({attached: false, clients: []});
  const [one, two] = [contextOf(process.pid), contextOf(null)];
  for (const {context} of [one, two, one]) attachment.attach(context);
  expect(attachment.saved).toEqual({attached: true, clients: [idOf(process.pid)]});
  one.close();
  vi.advanceTimersByTime(LONG_MS);
  expect(abandoned).not.toHaveBeenCalled();
  two.close();
  expect(abandoned).toHaveBeenCalledOnce();
});

test('a client that runs without reconnecting, or is unknown, is waited for for a few seconds', () => {
  for (const clients of [[], [idOf(process.pid)]]) {
    const abandoned = vi.fn();
    const attachment = new Attachment({attached: true, clients}, abandoned);
    expect(attachment.saved).toEqual({attached: true, clients});
    vi.advanceTimersByTime(4_500);
    expect(abandoned).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_000);
    expect(abandoned).toHaveBeenCalledOnce();
  }
});

test('the wait ends when the client reconnects', () => {
  const abandoned = vi.fn();
  const attachment = new Attachment({attached: true, clients: [idOf(process.pid)]}, abandoned);
  vi.advanceTimersByTime(3_000);
  attachment.attach(contextOf(process.pid).context);
  vi.advanceTimersByTime(LONG_MS);
  expect(abandoned).not.toHaveBeenCalled();
});

test('a stopped client is not gone, however long; it has its time once it continues, and none once it is dead', async () => {
  const {pid = 0} = sleeper();
  process.kill(pid, 'SIGSTOP');
  await state(pid, 'T');
  const waitFor = (): ReturnType<typeof vi.fn<() => void>> => {
    const abandoned = vi.fn<() => void>();
    new Attachment({attached: true, clients: [idOf(pid)]}, abandoned);
    vi.advanceTimersByTime(LONG_MS);
    expect(abandoned).not.toHaveBeenCalled();
    return abandoned;
  };
  const [first, second] = [waitFor(), waitFor()];
  process.kill(pid, 'SIGCONT');
  await state(pid, 'SR');
  vi.advanceTimersByTime(4_500);
  expect(first).not.toHaveBeenCalled();
  process.kill(pid, 'SIGKILL');
  await state(pid, 'ZX');
  vi.advanceTimersByTime(250);
  expect(first).toHaveBeenCalledOnce();
  expect(second).toHaveBeenCalledOnce();
});

test('another process with the same pid is not the client', () => {
  const abandoned = vi.fn();
  new Attachment({attached: true, clients: [{pid: process.pid, startTime: '1'}]}, abandoned);
  vi.advanceTimersByTime(250);
  expect(abandoned).toHaveBeenCalledOnce();
});
