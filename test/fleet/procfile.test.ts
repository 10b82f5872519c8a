import {describe, expect, test} from 'vitest';
import {defaultWorker} from '../../src/fleet/index.ts';
import {check} from './check.ts';

const procfile = (text: string, dir = '/srv/shop') => check(text, {format: 'procfile', dir});

describe('a Procfile', () => {
  test('has a worker a line, each run by /bin/sh with every default', async () => {
    const {fleet, errors, notes} = await procfile(
      '# the shop\n\nweb: node server.js --port $PORT | tee log \r\ndb:x\n',
    );
    expect([errors, notes]).toEqual([[], []]);
    expect(fleet?.workers).toEqual([
      defaultWorker('web', ['/bin/sh', '-c', 'node server.js --port $PORT | tee log'], '/srv/shop'),
      defaultWorker('db', ['/bin/sh', '-c', 'x'], '/srv/shop'),
    ]);
  });

  test('gives the fleet the name of its folder, made valid', async () => {
    expect((await procfile('a: b', '/srv/2nd shop.d')).fleet?.name).toBe('nd-shop-d');
    expect((await procfile('a: b', '/')).fleet?.name).toBe('fleet');
  });

  test('turns _ into - and says so, unless two names become one', async () => {
    const {fleet, notes} = await procfile('a: b\n  mail_out: c\n');
    expect(fleet?.workers.map(({name}) => name)).toEqual(['a', 'mail-out']);
    expect(notes).toEqual(['2:3: mail_out is called mail-out here: a name has no _']);
    expect((await procfile('mail-out: b\nmail_out: c\n')).errors).toEqual([
      '2:1: mail_out and mail-out would both be called mail-out',
    ]);
  });

  test('says all that is wrong at its place', async () => {
    const {fleet, errors} = await procfile('web: a\nnonsense\nweb: b\ndb:\n9x: c\n');
    expect(fleet).toBeNull();
    expect(errors.map(error => error.split(' ').slice(0, 4).join(' '))).toEqual([
      '2:1: expected NAME: COMMAND,',
      '3:1: web is there',
      '4:1: db: has nothing',
      '5:1: "9x": expected a',
    ]);
    expect((await procfile('# nothing\n')).errors[0]).toContain('names no worker');
  });
});
