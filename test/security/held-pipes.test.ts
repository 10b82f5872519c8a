/**
 * A worker that writes to a pipe from mapped memory whose file system does not answer holds the pipe's lock: even open(2) of
 * it waits. That must keep neither a keeper from coming up nor any other worker from being started.
 */
import {spawn, type ChildProcess} from 'node:child_process';
import {closeSync, mkdtempSync, openSync, renameSync, rmSync} from 'node:fs';
import {once} from 'node:events';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect, onTestFinished, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {using} from '../end-to-end/wrapped.ts';
import {runOf} from '../keeper/run-of.ts';
import {lacksMute, withMute} from './hostile-files.ts';
import {LogFiles} from '../../src/keeper/log-files.ts';
import {ReadyFifos} from '../../src/keeper/ready-fifo.ts';
import {RunOutput} from '../../src/keeper/run-output.ts';
import {readyPath} from '../../src/keeper/run-files.ts';
import {fifoPath, STREAMS} from '../../src/logs/layout.ts';
import {Epoll} from '../../src/posix/epoll.ts';
import {makeFifo} from '../../src/posix/fifo.ts';

/** Holds the lock of a pipe for ever. */
const HOLD = `
import mmap, os, sys
def hold(fd, file, at=0):
    with open(file, 'rb') as f: os.write(fd, mmap.mmap(f.fileno(), 1, prot=mmap.PROT_READ, offset=at))
`;
/** Says who it is, then holds that descriptor as soon as there is a file \`NAME.do\` with its number. */
const HOLDER = `${HOLD}
import time
name = os.environ['BROOD_WORKER'].split('/')[0]
print('before', flush=True)
while True:
    try:
        with open(name + '.do') as f: fd = int(f.read())
        os.unlink(name + '.do')
        hold(fd, 'mute/f')
    except FileNotFoundError: time.sleep(0.02)
`;
const files = {'holder.py': HOLDER};
const backoff = {first: '0s', initial: '50ms', max: '200ms'};
const holder = {run: ['python3', 'holder.py'], backoff};
const sleeper = {run: ['sleep', '1000'], backoff};

function order(fleet: TestFleet, name: string, fd: number): void {
  fleet.write(String(fd), `${name}.tmp`);
  renameSync(fleet.path(`${name}.tmp`), fleet.path(`${name}.do`));
}

async function isRestarted(fleet: TestFleet, name: string): Promise<void> {
  const {pid} = fleet.worker(name);
  process.kill(pid!, 'SIGKILL');
  await fleet.successor(name, pid!);
}

/** Another keeper comes up and its controller works. */
async function loseKeeper(fleet: TestFleet): Promise<void> {
  const {keeper} = fleet;
  process.kill(keeper, 'SIGKILL');
  await until('another keeper', () => {
    const next = fleet.keeper;
    return next > 0 && next !== keeper;
  });
}

test.skipIf(lacksMute)(
  'its own output: the next keeper has all workers, and can end that one; what it had written is there (needs root and /dev/fuse)',
  async () => {
    await using(new TestFleet({fleet: 't', workers: {web: holder, other: sleeper}}, files), async fleet => {
      fleet.up('--wait');
      await until('its first words', () => fleet.run('logs', 'web').out.includes('before'));
      await withMute(fleet.path('mute'), 'read', async asked => {
        const held = fleet.worker('web').pid;
        order(fleet, 'web', 1);
        await until('the lock', () => asked() > 0);
        for (let round = 0; round < 2; round++) {
          await loseKeeper(fleet);
          await isRestarted(fleet, 'other');
          expect(fleet.worker('web').pid).toBe(held);
        }
        expect(fleet.run('signal', 'SIGURG', 'web').code).toBe(0);
        expect(fleet.run('restart', 'web').code).toBe(0);
        await fleet.successor('web', held!);
      });
      const words = (): readonly string[] => fleet.run('logs', 'web').out.match(/before/g) ?? [];
      await until('what the next run writes', () => words().length > 1);
      expect(words()).toHaveLength(2);
      expect(fleet.run('down').code).toBe(0);
    });
  },
);

test.skipIf(lacksMute)(
  'a declared pipe: the next keeper comes up; who is to inherit it fails to start and says why, until it is free (needs root and /dev/fuse)',
  async () => {
    const channels = {feed: {pipe: {from: 'web', to: 'taker'}}};
    const workers = {web: holder, taker: sleeper, other: sleeper};
    await using(new TestFleet({fleet: 't', workers, channels}, files), async fleet => {
      fleet.up('--wait');
      await withMute(fleet.path('mute'), 'read', async asked => {
        // While it is held, nobody who has it can end.
        expect(fleet.run('stop', 'taker').code).toBe(0);
        order(fleet, 'web', 3);
        await until('the lock', () => asked() > 0);
        await loseKeeper(fleet);
        await isRestarted(fleet, 'other');
        expect(fleet.run('start', 'taker', '--timeout', '10ms').code).toBe(124);
        await isRestarted(fleet, 'other');
        await until('the failure', () => fleet.events('spawn-failed').length > 0);
        const [failed] = fleet.events('spawn-failed');
        expect(failed?.worker).toBe('taker');
        expect(String(failed?.['message'])).toMatch(/^channel feed: not open after 5 s; .*file system.*\(ETIMEDOUT\)$/);
        // One that waits for it is not started once it is to end.
        await fleet.status('taker', 'starting');
        expect(fleet.run('stop', 'taker').code).toBe(0);
        expect(fleet.worker('taker').status).toBe('stopped');
        expect(fleet.run('start', 'taker', '--timeout', '10ms').code).toBe(124);
        expect(fleet.run('stop', 'web').code).toBe(0);
        await fleet.status('taker', 'ready');
      });
      expect(fleet.run('down').code).toBe(0);
    });
  },
);

/** Holds a FIFO until it is killed. */
async function withHeld(path: string, mute: string, at: number, asked: () => number): Promise<ChildProcess> {
  const before = asked();
  const program = `${HOLD}\nhold(os.open(sys.argv[1], os.O_RDWR), sys.argv[2], int(sys.argv[3]))`;
  const child = spawn('python3', ['-c', program, path, join(mute, 'f'), String(at)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until('the lock', () => asked() > before);
  return child;
}

test.skipIf(lacksMute)(
  'where no queue has them, FIFOs of output and readiness are taken up once they can be opened (needs root and /dev/fuse)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'brood-held-'));
    const epoll = new Epoll();
    onTestFinished(() => {
      epoll.close();
      rmSync(folder, {recursive: true, force: true});
    });
    const [held, free] = [runOf({token: 'held', id: 'web/1'}), runOf({token: 'free', id: 'other/1'})];
    const paths = [held, free].flatMap(({token}) => [
      ...STREAMS.map(stream => fifoPath(folder, token, stream)),
      readyPath(folder, token),
    ]);
    for (const path of paths) makeFifo(path);
    const worker = openSync(readyPath(folder, 'free'), 'r+');
    await withMute(join(folder, 'mute'), 'read', async asked => {
      const holders: ChildProcess[] = [];
      // Two that wait for the same page are told from one by nothing.
      for (const [path, at] of [
        [fifoPath(folder, 'held', 'err'), 0],
        [readyPath(folder, 'held'), 2 << 20],
      ] as const)
        holders.push(await withHeld(path, join(folder, 'mute'), at, asked));
      const output = new RunOutput(folder, epoll, () => undefined, new LogFiles());
      const ready = new ReadyFifos({folder, epoll, ready: () => undefined});
      for (const run of [held, free]) {
        output.takeUp(run, join(folder, run.id.replace('/', '.')), 1024);
        ready.takeUp(run, undefined);
      }
      await until('the one', () => free.output !== null && ready.kept.some(([token]) => token === 'free'));
      expect(held.output).toBe(null);
      expect(ready.kept.map(([token]) => token)).toEqual(['free']);
      for (const child of holders) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      await until('the other', () => held.output !== null);
      for (const run of [held, free]) ready.close(run);
    });
    closeSync(worker);
  },
);
