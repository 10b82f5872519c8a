/** The values of a worker in a fleet file: ranges, readiness, health, hooks, and wrong types. */
import {describe, expect, test} from 'vitest';
import {check, errorsOf, worker, workerText} from './check.ts';

describe('values', () => {
  test('of env are text, or numbers and booleans as written', async () => {
    const {env} = await worker('run: a', 'env: {A: 3000, B: 0x1F, C: true, D: "x", E: "", F: 1.50, __proto__: y}');
    expect(Object.entries(env)).toEqual(
      Object.entries({A: '3000', B: '0x1F', C: 'true', D: 'x', E: '', F: '1.50', ['__proto__']: 'y'}),
    );
    expect(await errorsOf('env: {A: null, B: [], C: {}, "D=": x}')).toEqual([
      '4:14: w.env.A: expected text such as "3000" (write "" for an empty value), found nothing',
      '4:23: w.env.B: expected text such as "3000", found an empty list',
      '4:30: w.env.C: expected text such as "3000", found an empty map',
      '4:34: w.env: "D=" is not a valid variable name',
    ]);
  });

  test('that are paths are resolved from the folder of the file, without expansion of ~', async () => {
    expect(await worker('run: a', 'cwd: ../x', 'env_file: .env', 'watch: [src/, /abs]')).toMatchObject({
      cwd: '/srv/x',
      envFile: '/srv/shop/.env',
      watch: ['/srv/shop/src', '/abs'],
    });
    const {fleet, notes} = await check(workerText('run: a', 'cwd: ~/x'));
    expect([fleet?.workers[0]?.cwd, notes]).toEqual([
      '/srv/shop/~/x',
      ['4:10: w.cwd: ~ is not expanded: write the full path'],
    ]);
  });

  test('of instances are a number, or `cpus` for one per processor', async () => {
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

  test('that are signals are names with or without SIG, in any case', async () => {
    for (const name of ['SIGINT', 'int', 'sigInt', 'INT']) {
      expect((await worker('run: a', `stop: {signal: ${name}}`)).stop.signal).toBe('SIGINT');
    }
    expect((await worker('run: a', 'success: [0, 3, term, SIGIOT]')).success).toEqual([0, 3, 'SIGTERM', 'SIGABRT']);
    expect(await errorsOf('stop: {signal: SIGTREM}', 'success: [256, -1, 1.5, SIGFOO, 0, 0]')).toEqual([
      '4:20: w.stop.signal: "SIGTREM": is not a signal of this system: did you mean SIGTERM?',
      '5:15: w.success[0]: expected a whole number from 0 to 255, such as 0, found 256',
      '5:20: w.success[1]: expected a whole number from 0 to 255, such as 0, found -1',
      '5:24: w.success[2]: expected a whole number from 0 to 255, such as 0, found 1.5',
      expect.stringContaining('5:29: w.success[3]: "SIGFOO": is not a signal of this system'),
      '5:40: w.success[5]: 0: is listed twice',
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

  test('of restart may be the terms of OTP', async () => {
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

  test('that need root are rejected without it', async () => {
    const lines = ['user: www-data', 'nice: -5'];
    expect(await errorsOf(...lines)).toEqual([
      '4:11: w.user: "www-data": needs root: start the fleet as root, or remove user',
      '5:11: w.nice: -5: a nice value below 0 needs root',
    ]);
    expect(await worker('run: a', ...lines)).toMatchObject({user: 'www-data', nice: -5});
    expect(await errorsOf('nice: 19')).toEqual([]);
    expect(await errorsOf('nice: 20')).toHaveLength(1);
  });

  test('of limits have units where several are possible', async () => {
    expect((await worker('run: a', 'limits: {nofile: 4096, core: 0, memory: 512MiB, cpu: 50%}')).limits).toEqual({
      nofile: 4096,
      core: 0,
      memory: 512 * 2 ** 20,
      cpu: 50,
    });
    expect(await errorsOf('limits: {memory: 512, cpu: 50, core: -1, nofile: 0}')).toEqual([
      '4:22: w.limits.memory: 512: 512 has no unit: write 512KiB, 512MiB or 512GiB (or 512B)',
      '4:32: w.limits.cpu: 50: has no percent sign: write 50%',
      expect.stringContaining('4:42: w.limits.core: -1'),
      expect.stringContaining('4:54: w.limits.nofile: expected a whole number'),
    ]);
  });

  test('of backoff must be consistent', async () => {
    expect(await errorsOf('backoff: {initial: 10s, max: 1s}')).toEqual([
      '4:34: w.backoff: max (1s) is less than initial (10s): set max to 10s or more',
    ]);
    expect(await errorsOf('backoff: {initial: 1m}')).toEqual([
      expect.stringContaining('4:24: w.backoff: max (30s) is less than initial'),
    ]);
    expect(await errorsOf('backoff: {first: 1m}')).toEqual([expect.stringContaining('4:22: w.backoff')]);
    expect(await errorsOf('backoff: {factor: 0.5, jitter: 120%}')).toEqual([
      '4:23: w.backoff.factor: expected a number from 1 to 100, such as 2, found 0.5',
      '4:36: w.backoff.jitter: expected a percentage from 0 to 100, such as 20%, found "120%"',
    ]);
  });
});
