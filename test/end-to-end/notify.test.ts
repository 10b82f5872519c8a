/** What workers say of themselves: by sd_notify(3), by a newline to a descriptor, by feeding a watchdog. */
import {existsSync, renameSync, statSync} from 'node:fs';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {dirname} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {using} from './wrapped.ts';

const quick = {first: '0s', initial: '50ms', max: '200ms'};

/** Does what it finds in `web.1.do`, piece after piece: Python, with `say(text, fds)`. */
const SPEAKER = `
import array, os, signal, socket, sys, time
address = os.environ['NOTIFY_SOCKET']
if address[0] == '@': address = '\\0' + address[1:]
def say(text, fds=[]):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.connect(address)
    data = text if isinstance(text, bytes) else text.encode()
    s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else [])
    s.close()
def note(name):
    with open(name + '.new', 'w') as f: f.write(str(os.getpid()))
    os.rename(name + '.new', name)
orders = os.environ['BROOD_WORKER'].replace('/', '.') + '.do'
exec(' '.join(sys.argv[1:]))
while True:
    try:
        with open(orders) as f: order = f.read()
        os.unlink(orders)
    except FileNotFoundError:
        time.sleep(0.02)
        continue
    exec(order)
`;

const speaker = (first = 'pass') => ({run: ['python3', 'speaker.py', first], ready: {notify: true}, backoff: quick});
const files = {'speaker.py': SPEAKER};

/** Has a worker do something; answers once it has taken that. */
async function tell(fleet: TestFleet, name: string, python: string): Promise<void> {
  fleet.write(python, `${name}.1.tmp`);
  renameSync(fleet.path(`${name}.1.tmp`), fleet.path(`${name}.1.do`));
  await until(`${name} to do it`, () => fleet.read(`${name}.1.do`) === '');
}

const detail = (fleet: TestFleet, name: string): Record<string, unknown> =>
  (fleet.json('status', name) as {instances: Record<string, unknown>[]}).instances[0]!;

test('READY=1 makes it ready, early or late; without it, it has failed', async () => {
  const workers = {
    early: speaker("say('READY=1')"),
    late: speaker(),
    never: {...speaker(), ready: {notify: true, timeout: '300ms'}, give_up: {restarts: 1, within: '1m'}},
    plain: {run: ['sh', '-c', 'echo "socket ${NOTIFY_SOCKET-none}" > plain; exec sleep 1000']},
  };
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    fleet.up();
    await fleet.ready('early', 'plain');
    expect(fleet.worker('late').status).toBe('starting');
    await tell(fleet, 'late', "say('STATUS=soon')");
    await until('its words', () => fleet.worker('late').statusText === 'soon');
    expect(fleet.worker('late').status).toBe('starting');
    await tell(fleet, 'late', "say('READY=1')");
    await fleet.ready('late');
    const never = await fleet.status('never', 'failed');
    expect(never.reason).toMatch(/not ready within/);
    expect(fleet.events('ready').some(({worker}) => worker === 'never')).toBe(false);
    expect(fleet.read('plain')).toBe('socket none\n');
  });
});

test('what it says is shown, cleaned, until it says otherwise; errors are noted', async () => {
  await using(new TestFleet({fleet: 't', workers: {web: speaker("say('READY=1')")}}, files), async fleet => {
    fleet.up('--wait');
    await tell(
      fleet,
      'web',
      "say('STATUS=half\\x1b[31m done ' + 'ä' * 2000 + '\\nUNKNOWN=1\\nRELOADING=1\\nERRNO=13')",
    );
    const said = await until('its words', () => detail(fleet, 'web')['statusText'] as string | null);
    expect(said).toMatch(/^half {1}\[31m done ä+$/);
    expect(Buffer.byteLength(said)).toBeGreaterThan(1000);
    expect(Buffer.byteLength(said)).toBeLessThanOrEqual(1024);
    expect(detail(fleet, 'web')['phase']).toBe('reloading');
    expect(fleet.events('notified')).toMatchObject([{worker: 'web', errno: 13}]);
    // Another controller knows it, too.
    process.kill(fleet.controller, 'SIGKILL');
    await until('the words again', () => detail(fleet, 'web')['statusText'] === said);
    await tell(fleet, 'web', "say('READY=1\\nSTATUS=')");
    await until('the reload to be over', () => detail(fleet, 'web')['phase'] === null);
    expect(fleet.worker('web').statusText).toBe(null);
  });
});

test('only its own processes are heard; garbage and floods harm nobody; a barrier is answered', async () => {
  const workers = {web: {...speaker(), ready: {notify: true, timeout: '60s'}}};
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    fleet.up();
    await fleet.status('web', 'starting');
    const {keeper} = fleet;
    await tell(fleet, 'web', "open('address', 'w').write(os.environ['NOTIFY_SOCKET'])");
    const address = await until('the address', () => fleet.read('address'));
    const send = "s.connect('\\0' + a[1:] if a[0] == '@' else a); s.send(b'READY=1'); sys.stdin.read()";
    const python = `import socket, sys; a = sys.argv[1]; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); ${send}`;
    const stranger = spawn('python3', ['-c', python, address], {stdio: ['pipe', 'ignore', 'ignore']});
    try {
      await until('its refusal', () => fleet.events('notify-refused').some(({pid}) => pid === stranger.pid));
    } finally {
      stranger.stdin.end();
      await once(stranger, 'exit');
    }
    expect(fleet.worker('web').status).toBe('starting');
    await tell(
      fleet,
      'web',
      `
say(b'READY=1\\nX=' + b'x' * 100_000)
say(b'\\xff\\x00=\\n==\\nREADY')
say(b'')
for i in range(3000): say('STATUS=%d\\nEXTEND_TIMEOUT_USEC=1' % i)
r, w = os.pipe()
say('BARRIER=1', [w])
os.close(w)
os.read(r, 1)
note('passed')`,
    );
    await until('the barrier', () => fleet.read('passed') !== '');
    // What came before the barrier has been taken in.
    await until('the last of the flood', () => fleet.worker('web').statusText === '2999');
    expect(fleet.worker('web').status).toBe('starting');
    expect(fleet.keeper).toBe(keeper);
    // A helper that is gone when it is read, as systemd-notify in a script.
    await tell(fleet, 'web', 'os.system("python3 speaker.py \\"say(\'READY=1\'); os._exit(0)\\"")');
    await fleet.ready('web');
  });
});

test('MAINPID: a daemon stands for its worker, a stranger does not', async () => {
  const daemonize = `
told, tell = os.pipe()
if os.fork():
    os.close(tell)
    os.read(told, 1)
    os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
say('MAINPID=%d\\nREADY=1' % os.getpid())
say('MAINPID=1')
os.close(tell)`;
  const workers = {web: {...speaker(daemonize), restart: 'always'}};
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    fleet.up('--wait');
    const {pid} = await fleet.status('web', 'ready');
    await tell(fleet, 'web', "note('daemon')");
    expect(await until('its pid', () => fleet.read('daemon'))).toBe(String(pid));
    await until('the refusal', () =>
      fleet.events('notify-refused').some(({message}) => /MAINPID=1:/.test(String(message))),
    );
    expect(fleet.worker('web').restarts).toBe(0);
    // Another keeper finds it as the main process.
    const {keeper} = fleet;
    process.kill(keeper, 'SIGKILL');
    await until('another keeper', () => fleet.keeper !== keeper);
    expect(fleet.worker('web')).toMatchObject({pid, status: 'ready'});
    process.kill(pid!, 'SIGSEGV');
    const next = await fleet.successor('web', pid!);
    process.kill(next.pid!, 'SIGUSR1');
    await fleet.successor('web', next.pid!);
    expect(fleet.worker('web').exit).toMatchObject({signal: 'SIGUSR1'});
  });
});

test('EXTEND_TIMEOUT_USEC: more time to get ready, and to stop', async () => {
  const slow = `
def stop(*_):
    say('STOPPING=1\\nEXTEND_TIMEOUT_USEC=60000000')
    time.sleep(4)
    note('ended')
    os._exit(0)
signal.signal(signal.SIGTERM, stop)`;
  const workers = {
    web: {...speaker(slow), ready: {notify: true, timeout: '20s'}, stop: {timeout: '3s'}, watchdog: '1m'},
  };
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    fleet.up();
    await fleet.status('web', 'starting');
    const before = Date.parse(String(await until('a deadline', () => detail(fleet, 'web')['readyBy'])));
    await tell(fleet, 'web', "say('EXTEND_TIMEOUT_USEC=3600000000')");
    await until('more time', () => Date.parse(String(detail(fleet, 'web')['readyBy'])) - before > 3_000_000);
    await tell(fleet, 'web', "say('READY=1')");
    await fleet.ready('web');
    expect(fleet.run('stop', 'web').code).toBe(0);
    expect(fleet.read('ended')).not.toBe('');
    expect(fleet.worker('web').exit).toMatchObject({code: 0});
  });
});

test('READY=1 after its keeper was lost: flagged meanwhile, then ready and well', async () => {
  const workers = {web: {...speaker(), ready: {notify: true, timeout: '3s'}}};
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    fleet.up();
    const pid = await until('a main process', () => fleet.worker('web').pid);
    const {keeper} = fleet;
    process.kill(keeper, 'SIGKILL');
    await until('the flag', () => fleet.worker('web').flags.includes('unhealthy'));
    expect(fleet.worker('web')).toMatchObject({pid, status: 'starting'});
    await tell(fleet, 'web', "say('READY=1')");
    await fleet.ready('web');
    expect(fleet.worker('web')).toMatchObject({pid, flags: [], adopted: true});
  });
});

test('a keeper that replaces itself hears what was sent meanwhile, at the same socket; a long path is no trouble', async () => {
  // One that is connected is of no use with another socket, even at the same address.
  const connected = 'own = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); own.connect(address)';
  const sh = 'while [ ! -e go ]; do sleep 0.02; done; echo >&7; exec sleep 1000';
  const workers = {
    web: {...speaker(connected), ready: {notify: true, timeout: '90s'}},
    fd: {sh, ready: {fd: 7, timeout: '90s'}},
  };
  await using(new TestFleet({fleet: `t${'x'.repeat(60)}`, workers}, files), async fleet => {
    fleet.up();
    await tell(fleet, 'web', "open('address', 'w').write(address.replace('\\0', '@'))");
    const address = await until('the address', () => fleet.read('address'));
    expect(address).toMatch(/^\/.*\/[0-9a-f]{12}\/[0-9a-f]{32}\.notify$/);
    expect(statSync(address).isSocket()).toBe(true);
    const before = fleet.ps();
    const other = installation(fleet, 'other', {'keeper.cjs': '// 1', 'controller.cjs': '// 1'});
    expect(await runOf(fleet, other, {}, 'upgrade')).toMatchObject({code: 0, err: ''});
    expect(fleet.keeper).toBe(before.supervisor.pid);
    await tell(fleet, 'web', "own.send(b'READY=1')");
    fleet.write('', 'go');
    await fleet.ready('web', 'fd');
    expect(fleet.ps().workers.map(({pid}) => pid)).toEqual(before.workers.map(({pid}) => pid));
    process.kill(fleet.keeper, 'SIGKILL');
    await until('another keeper', () => fleet.keeper !== before.supervisor.pid);
    await tell(fleet, 'web', "say('STATUS=still here')");
    await until('its words', () => fleet.worker('web').statusText === 'still here');
    expect(fleet.run('down').code).toBe(0);
    expect(existsSync(dirname(address))).toBe(false);
  });
});

test('a newline to its descriptor makes it ready, also one that nobody was there to hear', async () => {
  const sh =
    'while [ ! -e go.$BROOD_INSTANCE ]; do sleep 0.02; done; echo >&5; touch said.$BROOD_INSTANCE; exec sleep 1000';
  const workers = {web: {sh, instances: 2, ready: {fd: 5, timeout: '60s'}}};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    await fleet.status('web/1', 'starting');
    fleet.write('', 'go.2');
    await fleet.ready('web/2');
    const {pid, status} = fleet.worker('web/1');
    expect(status).toBe('starting');
    fleet.killSupervisor();
    fleet.write('', 'go.1');
    await until(
      'the newline',
      () => fleet.run('ls').code === 0 && fleet.tagged().some(seen => seen.pid === pid && seen.name === 'sleep'),
    );
    fleet.up();
    await fleet.ready('web/1', 'web/2');
    expect(fleet.worker('web/1')).toMatchObject({pid, restarts: 0});
  });
});

test('a watchdog that is not fed: SIGABRT, and a restart that counts; feeding lasts over lost parts', async () => {
  const feed = `
import threading
def feed():
    n = 0
    while True:
        try: say('WATCHDOG=1')
        except OSError: pass # for a moment there is no keeper
        n += 1
        with open('fed.new', 'w') as f: f.write(str(n))
        os.rename('fed.new', 'fed')
        time.sleep(0.1)
assert os.environ['WATCHDOG_PID'] == str(os.getpid()) and os.environ['WATCHDOG_USEC'] == '4000000'
say('READY=1')
threading.Thread(target=feed, daemon=True).start()`;
  const workers = {
    fed: {...speaker(feed), watchdog: '4s'},
    hung: {...speaker("say('READY=1'); note('hung')"), watchdog: '300ms'},
  };
  await using(new TestFleet({fleet: 't', workers}, files), async fleet => {
    fleet.up();
    await fleet.ready('fed');
    const {pid} = fleet.worker('fed');
    await until('a restart', () => fleet.worker('hung').restarts > 0);
    const exits = fleet.events('exited').filter(({worker}) => worker === 'hung');
    expect(exits[0]).toMatchObject({signal: 'SIGABRT', reason: 'watchdog'});
    expect(fleet.events('watchdog-missed').some(({worker}) => worker === 'hung')).toBe(true);
    process.kill(fleet.controller, 'SIGKILL');
    const {keeper} = fleet;
    process.kill(keeper, 'SIGKILL');
    await until('another keeper', () => fleet.keeper !== keeper);
    const fedBefore = Number(fleet.read('fed'));
    // As often as it takes two times of its watchdog.
    await until('it to be fed', () => Number(fleet.read('fed')) > fedBefore + 80, 60_000);
    expect(fleet.worker('fed')).toMatchObject({pid, restarts: 0, status: 'ready'});
    expect(fleet.events('watchdog-missed').some(({worker}) => worker === 'fed')).toBe(false);
    await tell(fleet, 'fed', "say('WATCHDOG=trigger')");
    await fleet.successor('fed', pid!);
  });
});
