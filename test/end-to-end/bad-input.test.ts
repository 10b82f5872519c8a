/** A fleet file or worker that can't be read or started is one clear error with the reason; everything else runs. */
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import {TestFleet, until} from './harness.ts';
import {giveTo, isRoot, ordinaryFleet, ORDINARY_UID, using} from './wrapped.ts';

const sleeper = {run: ['sleep', '1000']};
const noStack = /\n\s+at .*:\d+:\d+/;

describe('a fleet file', () => {
  test('that is a folder, a bomb, huge, missing, no UTF-8 or a device: exit 2, one clear error, and nothing is started', async () => {
    const bomb = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let n = 0; n < 20; n++)
      bomb.push(
        `${String.fromCharCode(98 + n)}: &${String.fromCharCode(98 + n)} [${Array(10)
          .fill(`*${String.fromCharCode(97 + n)}`)
          .join(', ')}]`,
      );
    await using(new TestFleet({fleet: 't', workers: {w: sleeper}}), fleet => {
      mkdirSync(fleet.path('folder.yaml'));
      fleet.write(`${bomb.join('\n')}\nfleet: t\nworkers: *u\n`, 'bomb.yaml');
      fleet.write(
        `fleet: t\nworkers:\n${'  w: {run: sleep 1000} # padding padding padding padding\n'.repeat(60_000)}`,
        'huge.yaml',
      );
      writeFileSync(fleet.path('latin.yaml'), Buffer.from([0x66, 0x3a, 0x20, 0xe9, 0x0a]));
      const cases: readonly (readonly [string, RegExp])[] = [
        ['folder.yaml', /is a folder/],
        ['bomb.yaml', /alias|too many|resource/i],
        ['huge.yaml', /larger than 1MiB/],
        ['nothing.yaml', /no such file/],
        ['latin.yaml', /UTF-8/],
        ['/dev/null', /not a regular file|regular/],
      ];
      for (const [name, words] of cases) {
        const {code, out, err} = fleet.run('up', name, '-d');
        expect(`${name}: exit ${code}`).toBe(`${name}: exit 2`);
        expect(err).toMatch(words);
        expect(out + err).not.toMatch(noStack);
        expect(err.length).toBeLessThan(5_000);
      }
      expect(fleet.tagged()).toEqual([]);
    });
  });

  test.skipIf(!isRoot)(
    'that this user may not read is reported as such (needs root to be an ordinary user)',
    async () => {
      await using(ordinaryFleet({fleet: 't', workers: {w: sleeper}}), fleet => {
        chmodSync(fleet.path('brood.yaml'), 0);
        const {code, err} = fleet.run('up', '-d');
        expect(code).toBe(2);
        expect(err).toMatch(/not readable by this user/);
        expect(fleet.tagged()).toEqual([]);
      });
    },
  );
});

const bad: Readonly<Record<string, {worker: object; words: RegExp}>> = {
  missing: {worker: {run: ['/no/such/program']}, words: /\/no\/such\/program.*(ENOENT|no such file)/},
  unknown: {worker: {run: ['nosuchprogram']}, words: /nosuchprogram.*not found in PATH.*ENOENT/},
  folder: {worker: {run: ['./folder']}, words: /is a folder|EISDIR/},
  plain: {worker: {run: ['./plain']}, words: /not executable.*EACCES/},
  script: {worker: {run: ['./script']}, words: /interpreter/},
  'no-cwd': {worker: {...sleeper, cwd: 'nowhere'}, words: /nowhere/},
  'file-cwd': {worker: {...sleeper, cwd: 'plain'}, words: /plain.*(ENOTDIR|not a directory)/},
  'no-env': {worker: {...sleeper, env_file: 'no.env'}, words: /env_file.*no\.env.*ENOENT/},
  'bad-env': {worker: {...sleeper, env_file: 'bad.env'}, words: /bad\.env:2/},
};

test('a worker that can not be started fails with a reason that names the mistake, and the others run', async () => {
  const workers: Record<string, object> = {good: sleeper, garbage: {run: ['./garbage'], restart: 'never'}};
  for (const [name, {worker}] of Object.entries(bad)) workers[name] = {...worker, restart: 'never'};
  await using(new TestFleet({fleet: 't', workers}), async fleet => {
    mkdirSync(fleet.path('folder'));
    writeFileSync(fleet.path('plain'), 'echo hello\n', {mode: 0o644});
    writeFileSync(fleet.path('script'), '#!/no/such/interpreter\n', {mode: 0o755});
    writeFileSync(fleet.path('garbage'), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 1, 2, 3, 0, 0, 9]), {mode: 0o755});
    writeFileSync(fleet.path('bad.env'), 'GOOD=1\nnot a line\n');
    fleet.up();
    await until('all to be decided', () =>
      fleet.ps().workers.every(({status}) => status === 'failed' || status === 'ready'),
    );
    for (const [name, {words}] of Object.entries(bad)) {
      const {status, reason, pid, exit} = fleet.worker(name);
      expect(`${name}: ${status}`).toBe(`${name}: failed`);
      expect(`${name}: ${reason ?? ''}`).toMatch(words);
      expect(pid).toBe(null);
      expect(exit?.code ?? null).toBe(null);
    }
    expect(fleet.worker('good').status).toBe('ready');
    expect(fleet.worker('garbage').reason).toMatch(/names no interpreter.*ENOEXEC/);
    expect(fleet.events('spawn-failed').length).toBe(Object.keys(bad).length + 1);
    // A corrected worker starts.
    writeFileSync(fleet.path('script'), '#!/bin/sh\nexec sleep 1000\n');
    expect(fleet.run('start', 'script').code).toBe(0);
    expect(fleet.run('start', 'missing').code).toBe(1);
  });
});

test.skipIf(!isRoot)(
  'a folder that this user may not enter, above the program or as cwd, is reported (needs root to be an ordinary user)',
  async () => {
    const workers = {
      inside: {run: ['./closed/program'], restart: 'never'},
      'in-cwd': {...sleeper, cwd: 'closed', restart: 'never'},
      good: sleeper,
    };
    await using(
      ordinaryFleet({fleet: 't', workers}, {'closed/program': '#!/bin/sh\nexec sleep 1000\n'}),
      async fleet => {
        giveTo(ORDINARY_UID, fleet.folder);
        chmodSync(fleet.path('closed'), 0o600);
        fleet.up();
        await fleet.status('inside', 'failed');
        expect(fleet.worker('inside').reason).toMatch(/closed\/program.*EACCES/);
        await fleet.status('in-cwd', 'failed');
        expect(fleet.worker('in-cwd').reason).toMatch(/closed.*EACCES/);
        expect(fleet.worker('good').status).toBe('ready');
      },
    );
  },
);
