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

  test('of defaults is what a file with nothing but run describes', async () => {
    expect(defaultWorker('w', ['sleep', '9'], '/srv/shop')).toEqual(await worker('run: sleep 9'));
    expect(defaultWorker('w', ['a'], '/', {instances: 3})).toMatchObject({instances: 3, restart: 'always'});
  });

  test('says each thing in the way that the table shows as its example', async () => {
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

  test('keeps the default in every map of which it says only a part', async () => {
    expect(await worker('run: a', 'backoff: {max: 1m}', 'give_up: {restarts: 3}', 'stop: {timeout: 0s}')).toMatchObject(
      {
        backoff: {firstMs: 0, initialMs: 100, maxMs: 60_000},
        giveUp: {restarts: 3, withinMs: 60_000},
        stop: {signal: 'SIGTERM', timeoutMs: 0},
      },
    );
  });
});

describe('what a worker runs', () => {
  test.each([
    ['run: node -e "a b" c', ['node', '-e', 'a b', 'c']],
    ['run: [sleep, 0.5, true, "x y", ""]', ['sleep', '0.5', 'true', 'x y', '']],
    ['run: true', ['true']],
    ['sh: echo $HOME | cat', ['/bin/sh', '-c', 'echo $HOME | cat']],
  ])('%s', async (line, argv) => {
    expect((await worker(line)).argv).toEqual(argv);
  });

  test.each([
    [['env: {}'], '2:3: w: has nothing to run: write run:'],
    [['run: a', 'sh: b'], '4:9: w: has run and sh'],
    [
      ['run: a | b'],
      '3:10: w.run: "a | b": | needs a shell: quote it if it is meant literally, or write sh: instead of run:',
    ],
    [['run: "echo \'a"'], '3:10: w.run: "echo \'a": a single quote (\') is never closed, or write sh:'],
    [['run: PORT=1 node x'], 'sets PORT as a shell would: write it under env:'],
    [['run:'], 'w.run: expected a command such as node server.js or [node, server.js], found nothing'],
    [['run: []'], 'found an empty list'],
    [['run: [a, [b]]'], '3:14: w.run[1]: expected a word of the command, found a list'],
    [['run: [a, null]'], '3:14: w.run[1]: expected a word of the command, found nothing'],
    [['run: ["", a]'], '3:11: w.run[0]: has no program to run'],
    [['run: "\'\'"'], 'has no program to run'],
    [['run: {a: b}'], 'found a map'],
    [['run: [a, "b\\0"]'], 'NUL'],
    [['sh: ""'], 'w.sh: expected text'],
  ])('%j is refused', async (lines, said) => {
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

describe('values', () => {
  test('of env are text, and numbers and booleans as they are written', async () => {
    const {env} = await worker('run: a', 'env: {A: 3000, B: 0x1F, C: true, D: "x", E: "", F: 1.50, __proto__: y}');
    expect(Object.entries(env)).toEqual(
      Object.entries({A: '3000', B: '0x1F', C: 'true', D: 'x', E: '', F: '1.50', ['__proto__']: 'y'}),
    );
    expect(await errorsOf('env: {A: null, B: [], C: {}, "D=": x}')).toEqual([
      '4:14: w.env.A: expected text such as "3000" (write "" for an empty one), found nothing',
      '4:23: w.env.B: expected text such as "3000", found an empty list',
      '4:30: w.env.C: expected text such as "3000", found an empty map',
      '4:34: w.env: "D=" can\'t be the name of a variable',
    ]);
  });

  test('of paths start from the folder of the file, and ~ is nobody’s home', async () => {
    expect(await worker('run: a', 'cwd: ../x', 'env_file: .env', 'watch: [src/, /abs]')).toMatchObject({
      cwd: '/srv/x',
      envFile: '/srv/shop/.env',
      watch: ['/srv/shop/src', '/abs'],
    });
    const {fleet, notes} = await check(workerText('run: a', 'cwd: ~/x'));
    expect([fleet?.workers[0]?.cwd, notes]).toEqual([
      '/srv/shop/~/x',
      ['4:10: w.cwd: ~ is not expanded here: write the path in full'],
    ]);
  });

  test('of instances are a number or one for each processor', async () => {
    expect(
      await Promise.all(['3', 'cpus', '0x10'].map(async n => (await worker('run: a', `instances: ${n}`)).instances)),
    ).toEqual([3, 2, 16]);
    for (const n of ['0', '-1', '1.5', '10001', '"3"', 'many', '.inf', '.nan', '1e99', '[1]']) {
      expect([n, await errorsOf(`instances: ${n}`)]).toEqual([
        n,
        [expect.stringContaining('4:16: w.instances: expected a whole number from 1 to 10000')],
      ]);
    }
  });

  test('of signals are names with or without SIG in any case', async () => {
    for (const name of ['SIGINT', 'int', 'sigInt', 'INT']) {
      expect((await worker('run: a', `stop: {signal: ${name}}`)).stop.signal).toBe('SIGINT');
    }
    expect((await worker('run: a', 'success: [0, 3, term, SIGIOT]')).success).toEqual([0, 3, 'SIGTERM', 'SIGABRT']);
    expect(await errorsOf('stop: {signal: SIGTREM}', 'success: [256, -1, 1.5, SIGFOO, 0, 0]')).toEqual([
      '4:20: w.stop.signal: "SIGTREM": is no signal here: did you mean SIGTERM?',
      '5:15: w.success[0]: expected a whole number from 0 to 255, such as 0, found 256',
      '5:20: w.success[1]: expected a whole number from 0 to 255, such as 0, found -1',
      '5:24: w.success[2]: expected a whole number from 0 to 255, such as 0, found 1.5',
      expect.stringContaining('5:29: w.success[3]: "SIGFOO": is no signal here'),
      '5:40: w.success[5]: 0: is in the list twice',
    ]);
    expect(await errorsOf('stop: {signal: 9}')).toEqual([
      '4:20: w.stop.signal: expected a signal such as SIGTERM, found 9',
    ]);
  });

  test('of umask are octal, quoted or not', async () => {
    for (const text of ['"027"', '027', '27', '0o27'])
      expect((await worker('run: a', `umask: ${text}`)).umask).toBe(0o27);
    for (const text of ['"088"', '"1777"', 'rwx', '-1']) expect(await errorsOf(`umask: ${text}`)).toHaveLength(1);
  });

  test('of restart may be the words of others', async () => {
    for (const [word, policy] of [
      ['permanent', 'always'],
      ['transient', 'on-failure'],
      ['temporary', 'never'],
    ]) {
      expect((await worker('run: a', `restart: ${word ?? ''}`)).restart).toBe(policy);
    }
    expect(await errorsOf('restart: on_failure')).toEqual(['4:14: w.restart: "on_failure": did you mean on-failure?']);
    expect(await errorsOf('restart: no')).toHaveLength(1);
  });

  test('that need root are refused without', async () => {
    const lines = ['user: www-data', 'nice: -5'];
    expect(await errorsOf(...lines)).toEqual([
      '4:11: w.user: "www-data": needs root: start the fleet as root, or leave user out',
      '5:11: w.nice: -5: a nice value below 0 needs root',
    ]);
    expect(await worker('run: a', ...lines)).toMatchObject({user: 'www-data', nice: -5});
    expect(await errorsOf('nice: 19')).toEqual([]);
    expect(await errorsOf('nice: 20')).toHaveLength(1);
  });

  test('of limits have units where there is a choice of them', async () => {
    expect((await worker('run: a', 'limits: {nofile: 4096, core: 0, memory: 512MiB, cpu: 50%}')).limits).toEqual({
      nofile: 4096,
      core: 0,
      memory: 512 * 2 ** 20,
      cpu: 50,
    });
    expect(await errorsOf('limits: {memory: 512, cpu: 50, core: -1, nofile: 0}')).toEqual([
      '4:22: w.limits.memory: 512: 512 has no unit: write 512KiB, 512MiB or 512GiB (or 512B)',
      '4:32: w.limits.cpu: 50: has no sign: write 50%',
      expect.stringContaining('4:42: w.limits.core: -1'),
      expect.stringContaining('4:54: w.limits.nofile: expected a whole number'),
    ]);
  });

  test('of backoff fit each other', async () => {
    expect(await errorsOf('backoff: {initial: 10s, max: 1s}')).toEqual([
      '4:34: w.backoff: max (1s) is shorter than initial (10s): write max: 10s or more',
    ]);
    expect(await errorsOf('backoff: {initial: 1m}')).toEqual([
      expect.stringContaining('4:24: w.backoff: max (30s) is shorter'),
    ]);
    expect(await errorsOf('backoff: {first: 1m}')).toEqual([expect.stringContaining('4:22: w.backoff')]);
    expect(await errorsOf('backoff: {factor: 0.5, jitter: 120%}')).toEqual([
      '4:23: w.backoff.factor: expected a number from 1 to 100, such as 2, found 0.5',
      '4:36: w.backoff.jitter: expected percent from 0 to 100, such as 20%, found "120%"',
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

  test('health has its own times', async () => {
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
    ['ready: {tcp: 80, log: x}', '4:22: w.ready: is tcp already: expected one of them, not log too'],
    ['ready: {tpc: 80}', '4:13: unknown key tpc in w.ready: did you mean tcp?'],
    ['ready: {tcp: 70000}', '4:18: w.ready.tcp: 70000: 70000 is no port: expected 1 to 65535'],
    ['ready: {tcp: "::1:80"}', 'an IPv6 address stands in brackets'],
    ['ready: {tcp: "a b:80"}', 'expected a port (5432) or host:port'],
    ['ready: {notify: false}', '4:21: w.ready.notify: expected true (or leave the key out), found false'],
    ['ready: {fd: 2}', 'from 3 to 1023'],
    ['ready: {http: "ftp://x"}', 'expected a URL such as'],
    ['ready: {after: 5}', 'write 5s'],
    ['ready: {exec: a | b}', "| needs a shell: quote it if it is meant literally, or write [sh, -c, '…']"],
    ['ready: true', '4:12: w.ready: expected a map with one of'],
    ['health: {log: x}', '4:14: unknown key log in w.health'],
  ])('%s is refused', async (line, said) => {
    const errors = await errorsOf(line);
    expect(errors.join('\n')).toContain(said);
    expect(errors).toHaveLength(1);
  });
});

test('a hook is a command, and is known by its event', async () => {
  expect((await worker('run: a', "hooks: {exit: './n.sh a', failed: [./p.sh]}")).hooks).toEqual({
    exit: ['./n.sh', 'a'],
    failed: ['./p.sh'],
  });
  expect(await errorsOf('hooks: {fialed: a}')).toEqual(['4:13: unknown key fialed in w.hooks: did you mean failed?']);
});

test('wrong types of any key are refused at the value, whatever they are', async () => {
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
