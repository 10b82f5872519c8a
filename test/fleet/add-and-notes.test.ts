import {describe, expect, test} from 'vitest';
import {defaultWorker, noEffectYet, workerFromCommand, type FleetSpec} from '../../src/fleet/index.ts';
import {check, worker} from './check.ts';

describe('a worker from a command line', () => {
  test('is what a file with nothing but run describes', async () => {
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

  test('is called after its program unless it is given a name', () => {
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
    [{argv: []}, 'nothing to run'],
    [{argv: ['']}, 'nothing to run'],
    [{argv: ['a\0b']}, 'NUL'],
    [{argv: ['a'], name: '9x'}, 'begins with a letter'],
    [{argv: ['a'], restart: 'allways'}, 'did you mean always?'],
    [{argv: ['a'], cwd: 'x'}, 'absolute path'],
    [{argv: ['a'], env: {'A=B': 'c'}}, 'variable'],
  ])('%j is refused', (options, said) => {
    expect(workerFromCommand({cwd: '/', ...options})).toEqual({problem: expect.stringContaining(said) as string});
  });
});

describe('what has no effect yet', () => {
  const fleetOf = (...workers: FleetSpec['workers']): FleetSpec => ({
    name: 't',
    file: null,
    dir: '/',
    workers,
    groups: [],
    channels: [],
  });

  test('is nothing for a worker of defaults', () => {
    expect(noEffectYet(fleetOf(defaultWorker('w', ['a'], '/')))).toEqual([]);
  });

  test('is said of a fleet as it is said of its file', async () => {
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
