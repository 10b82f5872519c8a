import {describe, expect, test} from 'vitest';
import {defaultWorker} from '../../src/fleet/index.ts';
import {check} from './check.ts';

const procfile = (text: string, dir = '/srv/shop') => check(text, {format: 'procfile', dir});

describe('a Procfile', () => {
  test('has one worker per line, run by /bin/sh with default values', async () => {
    const {fleet, errors, notes} = await procfile(
      '# the shop\n\nweb: node server.js --port $PORT | tee log \r\ndb:x\n',
    );
    expect([errors, notes]).toEqual([[], []]);
    expect(fleet?.workers).toEqual([
      defaultWorker('web', ['/bin/sh', '-c', 'node server.js --port $PORT | tee log'], '/srv/shop'),
      defaultWorker('db', ['/bin/sh', '-c', 'x'], '/srv/shop'),
    ]);
  });

  test('names the fleet after its folder, made valid', async () => {
    expect((await procfile('a: b', '/srv/2nd shop.d')).fleet?.name).toBe('nd-shop-d');
    expect((await procfile('a: b', '/')).fleet?.name).toBe('fleet');
  });

  test('replaces _ by - with a note, unless two names become equal', async () => {
    const {fleet, notes} = await procfile('a: b\n  mail_out: c\n');
    expect(fleet?.workers.map(({name}) => name)).toEqual(['a', 'mail-out']);
    expect(notes).toEqual(["2:3: mail_out is renamed to mail-out: a name can't contain _"]);
    expect((await procfile('mail-out: b\nmail_out: c\n')).errors).toEqual([
      '2:1: mail_out and mail-out both become the name mail-out',
    ]);
  });

  test('reports all errors with their places', async () => {
    const {fleet, errors} = await procfile('web: a\nnonsense\nweb: b\ndb:\n9x: c\n');
    expect(fleet).toBeNull();
    expect(errors.map(error => error.split(' ').slice(0, 4).join(' '))).toEqual([
      '2:1: expected NAME: COMMAND,',
      '3:1: duplicate name web',
      '4:1: db: no command:',
      '5:1: "9x": expected a',
    ]);
    expect((await procfile('# nothing\n')).errors[0]).toContain('defines no workers');
  });
});
