/** The operator always has access: despite a flood of connections, a silent controller, a stopped keeper. */
import {once} from 'node:events';
import {mkdirSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import {join} from 'node:path';
import {describe, expect, test, vi} from 'vitest';
import {MAX_CONNECTIONS} from '../../src/control/admission.ts';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {folderOf} from '../end-to-end/losing.ts';
import {lives} from '../end-to-end/processes.ts';
import {using} from '../end-to-end/wrapped.ts';

// It takes some seconds to distinguish a stuck process from a slow one.
vi.setConfig({testTimeout: 180_000});

const sleeper = {run: ['sleep', '1000']};
const socketOf = (fleet: TestFleet): string => join(folderOf(fleet), 'control.sock');

/** Sends one request; returns the first message on the connection, its answer or an error. */
async function request(
  path: string,
  method: string,
  params: object,
): Promise<{error?: {code: number; message: string}}> {
  const socket = connect(path);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.write(`${JSON.stringify({jsonrpc: '2.0', id: 1, method, params})}\n`);
  try {
    await until(`an answer to ${method}`, () => text.includes('\n'));
    return JSON.parse(text.split('\n')[0] ?? '') as {error?: {code: number; message: string}};
  } finally {
    socket.destroy();
  }
}

/** Stops processes while `use` runs, parents first: a running parent would continue or replace its child. */
async function whileStopped<T>(pids: readonly (number | null)[], use: () => T | Promise<T>): Promise<T> {
  const stopped = pids.filter(pid => pid !== null);
  for (const pid of stopped) process.kill(pid, 'SIGSTOP');
  try {
    return await use();
  } finally {
    for (const pid of stopped) if (lives(pid)) process.kill(pid, 'SIGCONT');
  }
}

/** Starts a command; collects its output. */
function say(fleet: TestFleet, ...args: string[]): {text: string; readonly code: Promise<number | null>; kill(): void} {
  const child = fleet.start(args, {stdio: ['ignore', 'pipe', 'pipe']});
  const code = once(child, 'close').then(([status]) => status as number | null);
  const it = {text: '', code, kill: () => void child.kill('SIGKILL')};
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (it.text += chunk));
  }
  return it;
}

const told = (it: {readonly text: string}, words: RegExp): Promise<boolean> =>
  until(`${String(words)} in ${JSON.stringify(it.text)}`, () => words.test(it.text), 60_000);

describe('a flood of connections', () => {
  test.each([
    ['that ask for nothing', ''],
    ['that watch', '{"jsonrpc":"2.0","id":1,"method":"watch","params":{}}\n'],
  ])('%s keeps neither ps nor down out', async (_how, line) => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const path = socketOf(fleet);
      const flood: Socket[] = [];
      try {
        for (let n = 0; n < 2 * MAX_CONNECTIONS; n++) {
          const socket = connect(path).on('error', () => undefined);
          socket.resume();
          if (line !== '') socket.write(line);
          flood.push(socket);
        }
        await until('they are connected', () => flood.every(({connecting}) => !connecting));
        expect(fleet.run('ps')).toMatchObject({code: 0, err: ''});
        expect(fleet.run('down')).toMatchObject({code: 0, out: expect.stringMatching(/nothing is left/) as unknown});
        expect(fleet.tagged()).toEqual([]);
      } finally {
        for (const socket of flood) socket.destroy();
      }
    });
  });
});

test('an upgrade to code that is missing, incomplete or a link is rejected, and nothing changes', async () => {
  await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
    fleet.up('--wait');
    const code = join(folderOf(fleet), 'code');
    const [torn, linked, none] = ['0123456789abcdef', 'fedcba9876543210', '0000000000000000'];
    mkdirSync(join(code, torn));
    writeFileSync(join(code, torn, 'keeper.cjs'), 'process.exit(0)');
    symlinkSync(
      join(
        code,
        readdirSync(code).find(name => /^[0-9a-f]{16}$/.test(name) && name !== torn)!,
      ),
      join(code, linked),
    );
    const before = fleet.ps().supervisor;
    for (const [name, words] of [
      [none, /nothing was changed.*is missing/],
      [torn, /controller\.cjs is missing/],
      [linked, /is not a folder/],
    ] as const) {
      const {error} = await request(socketOf(fleet), 'upgrade', {code: name});
      expect(error).toMatchObject({code: -32000, message: expect.stringMatching(words) as unknown});
    }
    expect(fleet.ps().supervisor).toMatchObject({pid: before.pid, controller: before.controller});
    expect(fleet.events('upgrade-failed')).toEqual([]);
  });
});

describe('a stopped keeper', () => {
  test('is named by doctor, ps, logs -f and by a command that waits, and doctor --fix continues it', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      const words = new RegExp(`the keeper \\(pid ${keeper}\\) does not answer: it is stopped.*kill -CONT ${keeper}`);
      await whileStopped([keeper], async () => {
        const {code, out} = fleet.run('doctor');
        expect(code).toBe(1);
        expect(out.replace(/\s+/g, ' ')).toMatch(words);
        expect(fleet.run('ps')).toMatchObject({code: 0, err: expect.stringMatching(words) as unknown});
        const waiting = [say(fleet, 'restart', 'a'), say(fleet, 'logs', '-f')];
        try {
          for (const it of waiting) await told(it, words);
        } finally {
          for (const it of waiting) it.kill();
        }
        expect(fleet.run('signal', 'HUP', 'a')).toMatchObject({code: 1, err: expect.stringMatching(words) as unknown});
        expect(fleet.run('doctor', '--fix', '--yes').out).toMatch(/SIGCONT to the keeper.*is running again/);
        await until('doctor to be content', () => !/keeper/.test(fleet.run('doctor').out));
      });
      expect(fleet.run('down').code).toBe(0);
    });
  });

  test('with a stopped controller is named by each command that gets no answer; down signals the anchor, and ends', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {anchor, pid: keeper, controller} = fleet.ps().supervisor;
      const down = await whileStopped([keeper, controller], async () => {
        const both = [
          new RegExp(`keeper \\(pid ${keeper}\\).*stopped`),
          new RegExp(`controller \\(pid ${controller}\\).*stopped`),
        ];
        const ps = fleet.run('ps');
        expect(ps.code).toBe(1);
        const doctor = fleet.run('doctor');
        expect(doctor.code).toBe(1);
        for (const words of both) {
          expect(ps.err).toMatch(words);
          expect(doctor.out.replace(/\s+/g, ' ')).toMatch(words);
        }
        expect(fleet.run('ls')).toMatchObject({code: 0, err: expect.stringMatching(both[0]!) as unknown});
        const it = say(fleet, 'down');
        await told(it, new RegExp(`sent SIGTERM to the anchor \\(pid ${anchor ?? 0}\\)`));
        await told(it, both[0]!);
        return it;
      });
      expect(await down.code).toBe(0);
      expect(down.text).toMatch(/fleet t is down/);
      expect(fleet.tagged()).toEqual([]);
    });
  });

  test('without an anchor is itself signalled by down', async () => {
    await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
      fleet.up('--wait');
      const {anchor, pid: keeper, controller} = fleet.ps().supervisor;
      process.kill(anchor!, 'SIGKILL');
      await until('the anchor to be gone', () => !lives(anchor!));
      expect(fleet.run('doctor').out).toMatch(/no-anchor: the anchor .* is gone/);
      const down = await whileStopped([keeper, controller], async () => {
        const it = say(fleet, 'down');
        await told(it, new RegExp(`sent SIGTERM to the keeper \\(pid ${keeper}\\)`));
        return it;
      });
      expect(await down.code).toBe(0);
      expect(fleet.tagged()).toEqual([]);
    });
  });
});

test('a stopped anchor is named by doctor, and by down, which waits for it', async () => {
  await using(new TestFleet({fleet: 't', workers: {a: sleeper}}), async fleet => {
    fleet.up('--wait');
    const {anchor} = fleet;
    const words = new RegExp(`the anchor \\(pid ${anchor}\\) is stopped.*kill -CONT ${anchor}`);
    const down = await whileStopped([anchor], async () => {
      expect(fleet.run('doctor').out.replace(/\s+/g, ' ')).toMatch(words);
      const it = say(fleet, 'down');
      await told(it, words);
      return it;
    });
    expect(await down.code).toBe(0);
    expect(down.text).toMatch(/nothing is left/);
  });
});

test('down does not report that nothing is left when the supervisor is killed while it stops the fleet', async () => {
  const slow = {
    sh: 'trap "while [ ! -e go ]; do sleep 0.05; done; exit 0" TERM; touch slow-up; while :; do sleep 0.02; done',
    stop: {timeout: '60s'},
  };
  await using(new TestFleet({fleet: 't', workers: {slow}}), async fleet => {
    fleet.up('--wait');
    await until('the trap', () => readdirSync(fleet.folder).includes('slow-up'));
    const {pid} = fleet.worker('slow');
    const down = say(fleet, 'down');
    await until('it to be stopped', () => fleet.worker('slow').status === 'stopping');
    fleet.killSupervisor();
    expect(await down.code).toBe(1);
    expect(down.text).toMatch(
      new RegExp(`killed before it had stopped everything.*still running: .*${pid ?? 0} \\(sh\\)`),
    );
    expect(down.text).not.toMatch(/nothing is left/);
    fleet.write('', 'go');
  });
});
