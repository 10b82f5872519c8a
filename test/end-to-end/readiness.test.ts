/** When a worker counts as ready, what happens when it never does, and alarms. */
import {createServer} from 'node:net';
import {once} from 'node:events';
import {expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {using} from './wrapped.ts';

const quick = {first: '0s', initial: '50ms', max: '200ms'};

test('ready.log matches on either stream and across chunks, but not the output of an earlier run', async () => {
  const workers = {
    out: {
      sh: 'while [ ! -e go ]; do sleep 0.02; done; printf "now lis"; sleep 0.2; printf "tening on 80"; exec sleep 1000',
      ready: {log: 'listening on'},
    },
    err: {
      sh: 'while [ ! -e go ]; do sleep 0.02; done; echo listening on 81 >&2; exec sleep 1000',
      ready: {log: 'listening on'},
    },
    // The text straddles the end of a chunk of any likely size.
    edge: {
      sh: `while [ ! -e go ]; do sleep 0.02; done; head -c 262138 /dev/zero | tr '\\0' x; printf 'listening on'; head -c 70000 /dev/zero; exec sleep 1000`,
      ready: {log: 'listening on'},
    },
    again: {
      sh: 'if [ ! -e first ]; then touch first; echo listening on; exec sleep 1000; fi; while [ ! -e second ]; do sleep 0.02; done; echo listening on; exec sleep 1000',
      ready: {log: 'listening on'},
      backoff: quick,
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    const {pid} = await fleet.status('again', 'ready');
    for (const name of ['out', 'err', 'edge']) expect(fleet.worker(name).status).toBe('starting');
    fleet.write('', 'go');
    await fleet.ready('out', 'err', 'edge');
    // The second run is not ready yet, although the output of the first one is still in the log.
    process.kill(pid!, 'SIGKILL');
    await until('the second run', () => {
      const now = fleet.worker('again');
      return now.pid !== null && now.pid !== pid && now.status === 'starting';
    });
    for (let looks = 0; looks < 5; looks++) expect(fleet.worker('again').status).toBe('starting');
    fleet.write('', 'second');
    await fleet.status('again', 'ready');
  });
});

test('tcp, exec and after determine readiness; a worker after others starts only when those are ready', async () => {
  const server = createServer(socket => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  server.close();
  await once(server, 'close');
  const workers = {
    tcp: {run: ['sleep', '1000'], ready: {tcp: port}},
    exec: {run: ['sleep', '1000'], ready: {exec: ['sh', '-c', 'echo x >> tries; [ $(wc -l < tries) -ge 4 ]']}},
    later: {run: ['sleep', '1000'], ready: {after: '700ms'}},
    dependent: {run: ['sleep', '1000'], after: ['tcp', 'exec', 'later']},
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up();
    await fleet.ready('exec', 'later');
    expect(fleet.read('tries').trim().split('\n').length).toBe(4);
    const at = (type: string, worker: string): number =>
      Date.parse(fleet.events(type).find(event => event.worker === worker)!.at);
    expect(at('ready', 'later') - at('spawned', 'later')).toBeGreaterThanOrEqual(690);
    expect(fleet.worker('tcp').status).toBe('starting');
    expect(fleet.worker('dependent').status).toBe('pending');
    server.listen(port, '127.0.0.1');
    await fleet.ready('tcp', 'dependent');
    server.close();
  });
});

test('a worker that is not ready in time fails: backoff, then it gives up with the reason; a dependent names it as its reason', async () => {
  const workers = {
    never: {
      run: ['sleep', '1000'],
      ready: {log: 'never said', timeout: '300ms'},
      backoff: quick,
      give_up: {restarts: 2, within: '1m'},
    },
    waits: {run: ['sleep', '1000'], requires: ['never']},
  };
  await using(new TestFleet({fleet: 't', workers}), fleet => {
    const up = fleet.run('up', '-d', '--wait');
    expect(up.code).toBe(1);
    expect(up.out + up.err).toMatch(/never/);
    expect(fleet.worker('never')).toMatchObject({status: 'failed', restarts: 2});
    expect(fleet.worker('never').reason).toMatch(/ready/);
    expect(fleet.events('spawned').filter(({worker}) => worker === 'never').length).toBe(3);
    expect(fleet.worker('waits').status).toBe('pending');
    expect(fleet.worker('waits').reason).toMatch(/never/);
    expect(fleet.named('sleep')).toEqual([]);
  });
});

test('an alarm of the file or of a command reaches the main process, a cancelled one does not; a run that lasts too long is ended', async () => {
  const trap = (name: string): string =>
    `trap "echo alarm >> ${name}" ALRM; touch ${name}; while :; do sleep 0.02; done`;
  const workers = {
    filed: {sh: trap('filed'), alarm: '400ms'},
    asked: {sh: trap('asked')},
    spared: {sh: trap('spared')},
    late: {
      sh: trap('late'),
      max_runtime: '500ms',
      backoff: {first: '60s', initial: '60s', max: '60s'},
      stop: {timeout: '5s'},
    },
  };
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    fleet.up('--wait');
    expect(fleet.run('alarm', 'spared', '60').code).toBe(0);
    expect(fleet.run('alarm', 'asked', '1').code).toBe(0);
    expect(fleet.run('alarm', 'spared', '0').code).toBe(0);
    expect(fleet.run('status', 'spared', '--json').out).toMatch(/"alarmAt": ?null/);
    await until('both alarms', () => fleet.read('filed') === 'alarm\n' && fleet.read('asked') === 'alarm\n', 20_000);
    await fleet.status('late', 'backoff');
    expect(fleet.worker('late').exit).toMatchObject({
      signal: 'SIGTERM',
      reason: expect.stringMatching(/max.?runtime/) as string,
    });
    expect(fleet.read('spared')).toBe('');
  });
});
