/** Messages of workers by sd_notify(3). */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {using} from './wrapped.ts';
import {speaker, files, tell} from './speaking.ts';

const detail = (fleet: TestFleet, name: string): Record<string, unknown> =>
  (fleet.json('status', name) as {instances: Record<string, unknown>[]}).instances[0]!;

test('READY=1 makes a worker ready, early or late; a worker that never sends it fails', async () => {
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

test('the status text is shown, sanitized, until the worker changes it; ERRNO is an event', async () => {
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
    // The next controller has the text, too.
    process.kill(fleet.controller, 'SIGKILL');
    await until('the words again', () => detail(fleet, 'web')['statusText'] === said);
    await tell(fleet, 'web', "say('READY=1\\nSTATUS=')");
    await until('the reload to be over', () => detail(fleet, 'web')['phase'] === null);
    expect(fleet.worker('web').statusText).toBe(null);
  });
});

test('only messages of the worker’s own processes count; garbage and floods do no harm; a barrier is answered', async () => {
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
    // All messages before the barrier have been read.
    await until('the last of the flood', () => fleet.worker('web').statusText === '2999');
    expect(fleet.worker('web').status).toBe('starting');
    expect(fleet.keeper).toBe(keeper);
    // A sender that has exited when its message is read, as systemd-notify in a script.
    await tell(fleet, 'web', 'os.system("python3 speaker.py \\"say(\'READY=1\'); os._exit(0)\\"")');
    await fleet.ready('web');
  });
});

test('MAINPID makes a daemon the main process of its worker, but not a foreign process', async () => {
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
    // The next keeper finds the daemon as the main process.
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

test('EXTEND_TIMEOUT_USEC gives more time to become ready, and to stop', async () => {
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
