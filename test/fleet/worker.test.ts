import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {defaultWorker} from '../../src/fleet/index.ts';
import {workerKeys} from '../../src/fleet/schema/worker.ts';
import {check, errorsOf, worker, workerText} from './check.ts';

describe('a worker', () => {
  test('has these defaults', async () => {
    expect(await worker('run: sleep 9')).toEqual({
      name: 'w',
      argv: ['sleep', '9'],
      cwd: '/srv/shop',
      env: {},
      envFile: null,
      envInherit: true,
      instances: 1,
      after: [],
      requires: [],
      restart: 'always',
      success: [0],
      backoff: {firstMs: 0, initialMs: 100, factor: 2, maxMs: 30_000, jitter: 0.2, resetAfterMs: 10_000},
      giveUp: {restarts: 10, withinMs: 60_000},
      stop: {signal: 'SIGTERM', timeoutMs: 10_000},
      ready: null,
      health: null,
      watchdogMs: null,
      alarmMs: null,
      maxRuntimeMs: null,
      nice: null,
      limits: {nofile: null, core: null, memory: null, cpu: null},
      user: null,
      groups: null,
      noNewPrivs: null,
      capabilities: null,
      umask: null,
      schedule: null,
      watch: [],
      watchIgnore: [],
      logs: {maxSize: 50 * 2 ** 20, maxAgeMs: 7 * 86_400_000, keep: 10, compress: true},
      zombies: 'report',
      orphans: 'keep',
      channels: [],
      hooks: {},
    });
  });

  test('of defaults equals that of a file with nothing but run', async () => {
    expect(defaultWorker('w', ['sleep', '9'], '/srv/shop')).toEqual(await worker('run: sleep 9'));
    expect(defaultWorker('w', ['a'], '/', {instances: 3})).toMatchObject({instances: 3, restart: 'always'});
  });

  test('accepts each key in the form of its example in the table', async () => {
    for (const [
      key,
      {
        example,
        check: {example: usual},
      },
    ] of Object.entries(workerKeys)) {
      const lines = [`${key}: ${example ?? usual}`, ...(key === 'run' || key === 'sh' ? [] : ['run: a'])];
      const text = `${workerText(...lines)}  db: {run: a}\nchannels: {http: {lock: true}, jobs: {event: true}}\n`;
      expect([key, (await check(text, {root: true})).errors]).toEqual([key, []]);
    }
  });

  test('keeps the other defaults of a map that is given in part', async () => {
    expect(await worker('run: a', 'backoff: {max: 1m}', 'give_up: {restarts: 3}', 'stop: {timeout: 0s}')).toMatchObject(
      {
        backoff: {firstMs: 0, initialMs: 100, maxMs: 60_000},
        giveUp: {restarts: 3, withinMs: 60_000},
        stop: {signal: 'SIGTERM', timeoutMs: 0},
      },
    );
  });
});

describe('the command of a worker', () => {
  test.each([
    ['run: node -e "a b" c', ['node', '-e', 'a b', 'c']],
    ['run: [sleep, 0.5, true, "x y", ""]', ['sleep', '0.5', 'true', 'x y', '']],
    ['run: true', ['true']],
    ['sh: echo $HOME | cat', ['/bin/sh', '-c', 'echo $HOME | cat']],
  ])('%s', async (line, argv) => {
    expect((await worker(line)).argv).toEqual(argv);
  });

  test.each([
    [['env: {}'], '2:3: w: no command: write run:'],
    [['run: a', 'sh: b'], '4:9: w: run and sh are both set'],
    [
      ['run: a | b'],
      '3:10: w.run: "a | b": | needs a shell: quote it to use it literally, or write sh: instead of run:',
    ],
    [['run: "echo \'a"'], '3:10: w.run: "echo \'a": unterminated single quote (\'): close it, or write sh:'],
    [['run: PORT=1 node x'], 'sets PORT as in a shell: move it to env:'],
    [['run:'], 'w.run: expected a command such as node server.js or [node, server.js], found nothing'],
    [['run: []'], 'found an empty list'],
    [['run: [a, [b]]'], '3:14: w.run[1]: expected a command word, found a list'],
    [['run: [a, null]'], '3:14: w.run[1]: expected a command word, found nothing'],
    [['run: ["", a]'], '3:11: w.run[0]: has no program to run'],
    [['run: "\'\'"'], 'has no program to run'],
    [['run: {a: b}'], 'found a map'],
    [['run: [a, "b\\0"]'], 'NUL'],
    [['sh: ""'], 'w.sh: expected text'],
  ])('%j is rejected', async (lines, said) => {
    const {errors} = await check(workerText(...lines));
    expect(errors.join('\n')).toContain(said);
    expect(errors).toHaveLength(1);
  });

  test('a character that a shell would expand gets a note', async () => {
    expect((await check(workerText('run: ls *.txt'))).notes).toEqual([
      '3:10: w.run: * is not expanded: quote it, or write sh: instead of run:',
    ]);
  });
});

describe('readiness and health', () => {
  test.each([
    ['{tcp: 5432}', {kind: 'tcp', host: '127.0.0.1', port: 5432, timeoutMs: 30_000}],
    ['{tcp: "db.local:80", timeout: 5s}', {kind: 'tcp', host: 'db.local', port: 80, timeoutMs: 5000}],
    ['{tcp: "[::1]:80"}', {kind: 'tcp', host: '::1', port: 80, timeoutMs: 30_000}],
    ['{log: listening on}', {kind: 'log', text: 'listening on', timeoutMs: 30_000}],
    ['{exec: test -e "a b"}', {kind: 'exec', argv: ['test', '-e', 'a b'], timeoutMs: 30_000}],
    ['{after: 1s}', {kind: 'after', delayMs: 1000, timeoutMs: 30_000}],
    ['{http: "http://h:1/x"}', {kind: 'http', url: 'http://h:1/x', timeoutMs: 30_000}],
    ['{notify: true}', {kind: 'notify', timeoutMs: 30_000}],
    ['{fd: 3}', {kind: 'fd', fd: 3, timeoutMs: 30_000}],
  ])('ready: %s', async (text, ready) => {
    expect((await worker('run: a', `ready: ${text}`)).ready).toEqual(ready);
  });

  test('health has default times', async () => {
    expect((await worker('run: a', 'health: {tcp: 80, every: 1m}')).health).toEqual({
      kind: 'tcp',
      host: '127.0.0.1',
      port: 80,
      everyMs: 60_000,
      timeoutMs: 1000,
      failures: 3,
    });
  });

  test.each([
    ['ready: {timeout: 5s}', '4:5: w.ready: expected one of log, tcp, exec, after, http, notify, fd'],
    ['ready: {tcp: 80, log: x}', '4:22: w.ready: tcp and log are both set: expected only one'],
    ['ready: {tpc: 80}', '4:13: unknown key tpc in w.ready: did you mean tcp?'],
    ['ready: {tcp: 70000}', '4:18: w.ready.tcp: 70000: 70000 is not a port: expected 1 to 65535'],
    ['ready: {tcp: "::1:80"}', 'put an IPv6 address in brackets'],
    ['ready: {tcp: "a b:80"}', 'expected a port (5432) or host:port'],
    ['ready: {notify: false}', '4:21: w.ready.notify: expected true (or omit the key), found false'],
    ['ready: {fd: 2}', 'from 3 to 1023'],
    ['ready: {http: "ftp://x"}', 'expected a URL such as'],
    ['ready: {after: 5}', 'write 5s'],
    ['ready: {exec: a | b}', "| needs a shell: quote it to use it literally, or write [sh, -c, '…']"],
    ['ready: true', '4:12: w.ready: expected a map with one of'],
    ['health: {log: x}', '4:14: unknown key log in w.health'],
  ])('%s is rejected', async (line, said) => {
    const errors = await errorsOf(line);
    expect(errors.join('\n')).toContain(said);
    expect(errors).toHaveLength(1);
  });
});

test('a hook is a command, under the name of its event', async () => {
  expect((await worker('run: a', "hooks: {exit: './n.sh a', failed: [./p.sh]}")).hooks).toEqual({
    exit: ['./n.sh', 'a'],
    failed: ['./p.sh'],
  });
  expect(await errorsOf('hooks: {fialed: a}')).toEqual(['4:13: unknown key fialed in w.hooks: did you mean failed?']);
});

test('a value of a wrong type is rejected at its place, for any key', async () => {
  const wrong = fc.constantFrom('{zzz: 1}', '[[]]', '[{}]', '[~]', '{}', '-0.5');
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(workerKeys)), wrong, async (key, value) => {
      if ((key === 'env' && value.startsWith('{')) || value === '-0.5' || value === '{}') return;
      const lines = [`${key}: ${value}`, ...(key === 'run' || key === 'sh' ? [] : ['run: a'])];
      const {fleet, errors} = await check(workerText(...lines), {root: true});
      expect([key, value, fleet]).toEqual([key, value, null]);
      expect(errors.every(error => error.startsWith('3:'))).toBe(true);
    }),
  );
});
