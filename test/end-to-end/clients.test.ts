/** No client can harm a fleet: not by garbage, by large numbers, by dying or by not reading. */
import {connect, type Socket} from 'node:net';
import {once} from 'node:events';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {lives} from './processes.ts';
import {using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const slow = {
  sh: 'trap "while [ ! -e go ]; do sleep 0.05; done; exit 0" TERM; touch slow-up; while :; do sleep 0.02; done',
  stop: {timeout: '60s'},
};

const socketOf = (fleet: TestFleet): string => join(fleet.home, readdirSync(fleet.home)[0]!, 'control.sock');

function client(fleet: TestFleet): Socket {
  const socket = connect(socketOf(fleet));
  socket.on('error', () => undefined);
  return socket;
}

const resident = (fleet: TestFleet): number => fleet.tagged().filter(({pid}) => pid === fleet.controller).length;

test('other clients are served, and nothing grows, while clients send garbage, read nothing, ask too much or leave midway', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: {...sleeper, instances: 3}}}), fleet => {
    fleet.up('--wait');
    const {supervisor} = fleet.ps();
    const open: Socket[] = [];
    for (const junk of [
      '',
      '\0\0\0\n',
      '{"jsonrpc":"2.0","id":1,"method":"ps"',
      '[]\n',
      `${'['.repeat(50_000)}\n`,
      '{"jsonrpc":"2.0","id":{},"method":"ps"}\n',
    ]) {
      const socket = client(fleet);
      socket.write(junk);
      open.push(socket);
    }
    // This client sends many requests and never reads an answer.
    const deaf = client(fleet);
    deaf.pause();
    for (let n = 0; n < 5_000; n++) deaf.write(`{"jsonrpc":"2.0","id":${n},"method":"ps","params":{}}\n`);
    const watcher = client(fleet);
    watcher.pause();
    watcher.write('{"jsonrpc":"2.0","id":1,"method":"watch","params":{"afterSeq":0}}\n');
    open.push(deaf, watcher);
    const huge = client(fleet);
    huge.write(Buffer.alloc(6 * 1024 * 1024, 'x'));
    open.push(huge);
    for (let round = 0; round < 3; round++) {
      expect(fleet.run('restart', 'w/1').code).toBe(0);
      expect(fleet.ps().workers.every(({status}) => status === 'ready')).toBe(true);
    }
    for (const socket of open) socket.destroy();
    expect(fleet.ps().supervisor).toMatchObject({pid: supervisor.pid, controller: supervisor.controller});
    expect(resident(fleet)).toBe(1);
  });
});

test('200 clients at once are all answered', async () => {
  await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), async fleet => {
    fleet.up('--wait');
    const answers = await Promise.all(
      Array.from({length: 200}, async (_, id) => {
        const socket = client(fleet);
        socket.setEncoding('utf8');
        let text = '';
        socket.on('data', (chunk: string) => (text += chunk));
        socket.write(`{"jsonrpc":"2.0","id":${id},"method":"ping","params":{}}\n`);
        await until(`answer ${id}`, () => text.endsWith('\n'));
        socket.destroy();
        return JSON.parse(text) as {id: number; result: {fleet: string}};
      }),
    );
    expect(answers.every((answer, id) => answer.id === id && answer.result.fleet === 't')).toBe(true);
  });
});

test('a waiting command that is killed, or interrupted with Ctrl-C, harms nothing: its action goes on', async () => {
  await using(new TestFleet({fleet: 't', workers: {one: slow, two: {...slow}, w: sleeper}}), async fleet => {
    fleet.up('--wait');
    await until('the traps', () => readdirSync(fleet.folder).includes('slow-up'));
    const {controller} = fleet.ps().supervisor;
    const [one, two] = await fleet.ready('one', 'two');
    const killed = fleet.start(['stop', 'one']);
    const interrupted = fleet.start(['stop', 'two'], {stdio: ['ignore', 'pipe', 'pipe']});
    let said = '';
    interrupted.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('both stops to be under way', () =>
      ['one', 'two'].every(name => fleet.worker(name).status === 'stopping'),
    );
    killed.kill('SIGKILL');
    interrupted.kill('SIGINT');
    const [code] = (await once(interrupted, 'exit')) as [number | null];
    expect(code).toBe(130);
    expect(said).toMatch(/the operation continues in fleet/);
    fleet.write('', 'go');
    await fleet.status('one', 'stopped');
    await fleet.status('two', 'stopped');
    expect([one!, two!].filter(({pid}) => lives(pid!))).toEqual([]);
    expect(fleet.controller).toBe(controller);
    expect(fleet.worker('w').status).toBe('ready');
  });
});
