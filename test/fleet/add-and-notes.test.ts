import {describe, expect, test} from 'vitest';
import {defaultWorker, noEffectYet, workerFromCommand, type FleetSpec} from '../../src/fleet/index.ts';
import {check, worker} from './check.ts';

describe('a worker from a command line', () => {
  test('equals that of a file with nothing but run', async () => {
    const written = await worker('run: [/usr/bin/sleep, 9]', 'restart: never', 'env: {A: b}');
    const added = workerFromCommand({
      name: 'w',
      argv: ['/usr/bin/sleep', '9'],
      restart: 'never',
      cwd: '/srv/shop',
      env: {A: 'b'},
    });
    expect(added).toEqual({spec: written});
  });

  test('is named after its program unless a name is given', () => {
    const nameOf = (program: string) => {
      const result = workerFromCommand({argv: [program], cwd: '/'});
      return 'spec' in result ? result.spec.name : result.problem;
    };
    expect(['/usr/bin/sleep', './my_server.js', '7z', '/opt/42', './-'].map(nameOf)).toEqual([
      'sleep',
      'my-server-js',
      'z',
      'worker',
      'worker',
    ]);
  });

  test.each([
    [{argv: []}, 'no command'],
    [{argv: ['']}, 'no command'],
    [{argv: ['a\0b']}, 'NUL'],
    [{argv: ['a'], name: '9x'}, 'starts with a letter'],
    [{argv: ['a'], restart: 'allways'}, 'did you mean always?'],
    [{argv: ['a'], cwd: 'x'}, 'absolute working directory'],
    [{argv: ['a'], env: {'A=B': 'c'}}, 'variable'],
  ])('%j is rejected', (options, said) => {
    expect(workerFromCommand({cwd: '/', ...options})).toEqual({problem: expect.stringContaining(said) as string});
  });
});

describe('features without effect yet', () => {
  const fleetOf = (...workers: FleetSpec['workers']): FleetSpec => ({
    name: 't',
    file: null,
    dir: '/',
    workers,
    groups: [],
    channels: [],
  });

  test('do not include anything of a default worker', () => {
    expect(noEffectYet(fleetOf(defaultWorker('w', ['a'], '/')))).toEqual([]);
  });

  test('are the same for a fleet as for its file', async () => {
    const {fleet, notes} = await check(`
workers:
  w:
    run: a
    watch: [a]
    limits: {nofile: 9, memory: 1MiB}
    channels: [c]
channels: {c: {lock: true}}
`);
    if (fleet === null) throw new Error('refused');
    expect(noEffectYet(fleet).map(note => note.replace(' has no effect yet', ''))).toEqual(['channels.c: lock']);
    expect(notes.map(note => note.replace(' has no effect yet', ''))).toEqual(['8:16: c.lock']);
  });
});
