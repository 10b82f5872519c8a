/** Notifications across the loss and the replacement of keeper and controller; watchdogs. */
import {existsSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {installation, runOf} from './installation.ts';
import {using} from './wrapped.ts';
import {speaker, files, tell} from './speaking.ts';

test('a worker whose keeper was lost is flagged until it sends READY=1, then ready without a flag', async () => {
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

test('a keeper that replaces itself receives messages sent meanwhile, at the same socket, also with a long path', async () => {
  // A connected sender can't use another socket, even at the same address.
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

test('a newline to its descriptor makes a worker ready, also one written while there was no supervisor', async () => {
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

test('a watchdog that is not fed causes SIGABRT, and a restart that counts; feeding goes on across lost keepers and controllers', async () => {
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
    // As many messages as fit in two periods of the watchdog.
    await until('it to be fed', () => Number(fleet.read('fed')) > fedBefore + 80, 60_000);
    expect(fleet.worker('fed')).toMatchObject({pid, restarts: 0, status: 'ready'});
    expect(fleet.events('watchdog-missed').some(({worker}) => worker === 'fed')).toBe(false);
    await tell(fleet, 'fed', "say('WATCHDOG=trigger')");
    await fleet.successor('fed', pid!);
  });
});
