/** Who may send to a notify socket, and the effects of messages and passed descriptors on the keeper. */
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from '../end-to-end/harness.ts';
import {isRoot, using} from '../end-to-end/wrapped.ts';
import {lacksMute, withMute} from './hostile-files.ts';

/** A Python that every user may run. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const hasNobody = /^nobody:/m.test(readFileSync('/etc/passwd', 'utf8'));

/** Python program that executes each script it finds in `NAME.do`; scripts may call `say(text, fds)`. */
const SPEAKER = `
import array, os, socket, struct, sys, time
def say(text, fds=[]):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(os.environ['NOTIFY_SOCKET'])
    s.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else [])
    s.close()
def barrier(name):
    r, w = os.pipe()
    say('BARRIER=1', [w])
    os.close(w)
    os.read(r, 1)
    open(name, 'w').write('passed')
say('READY=1')
orders = os.environ['BROOD_WORKER'].split('/')[0] + '.do'
while True:
    try:
        with open(orders) as f: order = f.read()
        os.unlink(orders)
    except FileNotFoundError:
        time.sleep(0.02)
        continue
    exec(order)
`;
const files = {'speaker.py': SPEAKER};
const quick = {first: '0s', initial: '50ms', max: '200ms'};
const speaker = {run: ['python3', 'speaker.py'], ready: {notify: true}, backoff: quick};
const sleeper = {run: ['sleep', '1000'], backoff: quick};

async function tell(fleet: TestFleet, name: string, python: string): Promise<void> {
  fleet.write(python, `${name}.tmp`);
  renameSync(fleet.path(`${name}.tmp`), fleet.path(`${name}.do`));
  await until(`${name} to do it`, () => fleet.read(`${name}.do`) === '');
}

async function isRestarted(fleet: TestFleet, name: string): Promise<void> {
  const {pid} = fleet.worker(name);
  process.kill(pid!, 'SIGKILL');
  await fleet.successor(name, pid!);
}

const addressOf = (pid: number): string =>
  /NOTIFY_SOCKET=([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? '';

test.skipIf(!isRoot || !hasNobody)(
  'the socket of a worker with `user:` belongs to that user, no other user can send to it, and nothing is left of it (needs root and the account nobody)',
  async () => {
    const run = [
      PYTHON,
      '-c',
      'import os,socket,time; s=socket.socket(1,2); s.connect(os.environ["NOTIFY_SOCKET"]); s.send(b"READY=1"); time.sleep(1000)',
    ];
    const workers = {web: {run, user: 'nobody', ready: {notify: true}, cwd: '/'}};
    await using(new TestFleet({fleet: 't', workers}), async fleet => {
      fleet.up('--wait');
      const {pid} = fleet.worker('web');
      const address = addressOf(pid!);
      expect(address).toMatch(/^\/run\/brood\/[0-9a-f]{12}\/[0-9a-f]{32}\.notify$/);
      const {uid, mode} = statSync(address);
      expect([uid, mode & 0o777]).toEqual([statSync(`/proc/${pid}`).uid, 0o600]);
      for (const folder of [dirname(address), dirname(dirname(address))])
        expect([statSync(folder).uid, statSync(folder).mode & 0o777]).toEqual([0, 0o711]);
      const send =
        'import os,socket,sys; os.setuid(64321); s=socket.socket(1,2)\ntry: s.connect(sys.argv[1])\nexcept PermissionError: sys.exit(13)';
      expect(spawnSync('python3', ['-c', send, address]).status).toBe(13);
      const list =
        'import os,sys; os.setuid(64321)\ntry: os.listdir(sys.argv[1])\nexcept PermissionError: sys.exit(13)';
      expect(spawnSync('python3', ['-c', list, dirname(address)]).status).toBe(13);
      // The next run has another socket; that of the run before is gone.
      process.kill(pid!, 'SIGKILL');
      const next = await fleet.successor('web', pid!);
      const another = addressOf(next.pid!);
      expect(another).not.toBe(address);
      expect(readdirSync(dirname(address)).map(name => `${dirname(address)}/${name}`)).toEqual([another]);
      // Another keeper makes the socket again, at the same path.
      const {keeper} = fleet;
      const lost = join(dirname(address), `${'0'.repeat(32)}.notify`);
      writeFileSync(lost, '');
      process.kill(keeper, 'SIGKILL');
      await until('another keeper', () => fleet.keeper !== keeper);
      // A socket without a run stems from a keeper that was lost while it made or closed the socket.
      await until('what that one left to be removed', () => !existsSync(lost));
      await until(
        'the socket again',
        () => statSync(another).uid === uid && (statSync(another).mode & 0o777) === 0o600,
      );
      writeFileSync(lost, '');
      expect(fleet.run('down').code).toBe(0);
      expect(existsSync(dirname(address))).toBe(false);
    });
  },
);

test('a passed connection with SO_LINGER whose peer reads nothing suspends only the sender’s messages, which is reported once', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: speaker, other: speaker}}, files), async fleet => {
    fleet.up('--wait');
    const {keeper} = fleet;
    // The keeper must be the last holder of the connection: it is continued when the sender, which does not wait for
    // anything, has ended.
    const python = `
l = socket.create_server(('127.0.0.1', 0))
peers = []
for n in range(3):
    if os.fork() == 0:
        c = socket.create_connection(l.getsockname())
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 3600))
        c.setblocking(False)
        try:
            while True: c.send(b'x' * 65536)
        except BlockingIOError: pass
        os.kill(${keeper}, 19)
        say('STATUS=linger', [c.fileno()])
        os._exit(0)
    peers.append(l.accept()[0])
    os.wait()
os.kill(${keeper}, 18)`;
    await tell(fleet, 'web', python);
    const refusals = (): unknown[] => fleet.events('notify-refused').map(({message}) => message);
    await until('the refusal', () => refusals().length > 0);
    await tell(fleet, 'web', "say('STATUS=not heard')");
    await tell(fleet, 'other', "say('STATUS=heard'); barrier('other.barrier')");
    await until('the barrier of another worker', () => fleet.read('other.barrier') === 'passed');
    await until('its words', () => fleet.worker('other').statusText === 'heard');
    await isRestarted(fleet, 'other');
    expect(fleet.keeper).toBe(keeper);
    expect(fleet.worker('web').statusText).toBe('linger');
    await tell(fleet, 'web', 'for peer in peers: peer.close()');
    await until('its words', () => fleet.worker('web').statusText === 'not heard');
    expect(refusals()).toEqual([expect.stringMatching(/no longer read.*SO_LINGER/)]);
    // A worker whose messages are suspended again when the fleet ends.
    await tell(fleet, 'web', python);
    await until('it to be held up', () => fleet.worker('web').statusText === 'linger');
    expect(fleet.run('down').code).toBe(0);
  });
});

test('descriptors of messages that carry many do not stay open in the keeper, and a barrier is answered', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: speaker}}, files), async fleet => {
    fleet.up('--wait');
    const before = readdirSync(`/proc/${fleet.keeper}/fd`).length;
    await tell(fleet, 'web', "for n in range(200): say('STATUS=%d' % n, [0] * 253)\nbarrier('web.barrier')");
    await until('its barrier', () => fleet.read('web.barrier') === 'passed');
    await until('its last words', () => fleet.worker('web').statusText === '199');
    expect(readdirSync(`/proc/${fleet.keeper}/fd`).length).toBeLessThan(before + 50);
    expect(fleet.events('notify-refused')).toEqual([]);
  });
});

test.skipIf(lacksMute)(
  'passed files of a file system that does not answer when they are closed delay neither messages nor restarts (needs root and /dev/fuse)',
  async () => {
    await using(new TestFleet({fleet: 't', workers: {web: speaker, other: speaker}}, files), async fleet => {
      fleet.up('--wait');
      const {keeper} = fleet;
      await withMute(fleet.path('mute'), 'flush', async () => {
        // The sender never closes its files, so that it does not wait itself.
        const python = `
if os.fork() == 0:
    fds = [os.open('mute/f', os.O_RDONLY) for n in range(100)]
    for fd in fds: say('STATUS=mute', [fd])
    say('STATUS=all', fds)
    while True: time.sleep(1000)`;
        await tell(fleet, 'web', python);
        await until('its words', () => fleet.worker('web').statusText === 'all');
        await tell(fleet, 'web', "say('STATUS=heard'); barrier('web.barrier')");
        await tell(fleet, 'other', "say('STATUS=heard'); barrier('other.barrier')");
        for (const name of ['web', 'other']) {
          await until('its barrier', () => fleet.read(`${name}.barrier`) === 'passed');
          await until('its words', () => fleet.worker(name).statusText === 'heard');
        }
        await isRestarted(fleet, 'other');
        expect(fleet.keeper).toBe(keeper);
        expect(fleet.events('notify-refused')).toEqual([]);
      });
    });
  },
);

test('a MAINPID that changes all the time is examined only a few times; the last one counts', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: speaker, other: sleeper}}, files), async fleet => {
    fleet.up('--wait');
    await tell(
      fleet,
      'web',
      `
children = []
for n in range(3):
    child = os.fork()
    if child == 0:
        while True: time.sleep(1000)
    children.append(child)
for n in range(300): say('MAINPID=%d\\nSTATUS=%d' % (children[n % 2], n))
say('MAINPID=%d\\nSTATUS=last' % children[2])
open('last', 'w').write(str(children[2]))
open('all', 'w').write(' '.join(map(str, [os.getpid(), *children])))`,
    );
    const last = await until('the last of them', () => Number(fleet.read('last')) || null);
    await until('it to be the main one', () => fleet.worker('web').pid === last);
    await until('its last words', () => fleet.worker('web').statusText === 'last');
    // As many changes at once as the limit allows, and then one per second.
    expect(fleet.events('main-process').length).toBeLessThan(30);
    expect(fleet.worker('web').restarts).toBe(0);
    await isRestarted(fleet, 'other');
    // The end of the main process is the end of the run.
    process.kill(last, 'SIGUSR1');
    await fleet.successor('web', last);
    for (const pid of fleet.read('all').split(' ').map(Number)) expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

test('a change of the main process is not delayed when the previous one ends', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: speaker}}, files), async fleet => {
    fleet.up('--wait');
    await tell(
      fleet,
      'web',
      `
children = []
for n in range(3):
    child = os.fork()
    if child == 0:
        while True: time.sleep(1000)
    children.append(child)
for n in range(50): say('MAINPID=%d' % children[n % 2])
say('MAINPID=%d' % children[2])
open('last', 'w').write(str(children[2]))
for child in children[:2]: os.kill(child, 9)
os._exit(0)`,
    );
    const last = await until('the last of them', () => Number(fleet.read('last')) || null);
    await until('it to be the main one', () => fleet.worker('web').pid === last);
    expect(fleet.worker('web')).toMatchObject({status: 'ready', restarts: 0});
  });
});

test('each kind of unsupported message is reported once per run', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: speaker}}, files), async fleet => {
    fleet.up('--wait');
    await tell(
      fleet,
      'web',
      "for n in range(3): say('FDSTORE=1\\nFDNAME=x\\nX_OWN=1'); say('X_OWN=2')\nsay('STATUS=' + 'x' * 5000)\nbarrier('done')",
    );
    await until('all of it', () => fleet.read('done') === 'passed');
    await until(
      'the events',
      () =>
        fleet
          .events('notify-refused')
          .map(({message}) => message)
          .join('; ') === 'FDSTORE= is not supported; FDNAME= is not supported; message of more than 4096 bytes',
    );
    expect(fleet.run('events', '-n', 'all').out).toMatch(/notification ignored: FDSTORE= is not supported/);
  });
});

test('a flood from every process of a worker delays neither its READY nor another worker', async () => {
  const flood = `
import os, sys
for n in range(4):
    if os.fork() == 0:
        while True:
            try: say('STATUS=%d' % n)
            except OSError: pass
`;
  const late = SPEAKER.replace(
    "say('READY=1')\n",
    `${flood}\nwhile not os.path.exists('go'): time.sleep(0.02)\nsay('READY=1')\n`,
  );
  const workers = {web: {...speaker, run: ['python3', 'late.py']}, other: speaker};
  await using(new TestFleet({fleet: 't', workers}, {...files, 'late.py': late}), async fleet => {
    fleet.up();
    await fleet.ready('other');
    fleet.write('', 'go');
    await fleet.ready('web');
    await tell(fleet, 'other', "barrier('other.barrier')");
    await until('the barrier of another worker', () => fleet.read('other.barrier') === 'passed');
    await isRestarted(fleet, 'other');
    expect(fleet.worker('web').restarts).toBe(0);
  });
});
