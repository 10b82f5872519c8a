import {mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {listFleets, resolveFleet} from '../../src/control/find.ts';
import {fleetFolder, fleetId, inFolder} from '../../src/control/folder.ts';
import {scratch} from './helpers.ts';

/** Makes a BROOD_HOME with functions that add fleets and checkouts. */
function home() {
  const root = scratch();
  const env: NodeJS.ProcessEnv = {BROOD_HOME: join(root, 'home')};
  const checkout = (name: string, text = 'fleet: shop\nworkers: {w: {run: sleep 1}}\n') => {
    mkdirSync(join(root, name), {recursive: true});
    writeFileSync(join(root, name, 'brood.yaml'), text);
    return join(root, name);
  };
  const fleet = (name: string, file: string | null, alive = true) => {
    const folder = fleetFolder(name, file, env);
    mkdirSync(folder, {recursive: true});
    writeFileSync(inFolder.fleet(folder), JSON.stringify({name, file, dir: '/', id: fleetId(name, file)}));
    const startTime = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]!.split(' ')[19];
    writeFileSync(inFolder.lock(folder), JSON.stringify({pid: process.pid, startTime: alive ? startTime : '1'}));
    return folder;
  };
  return {root, env, checkout, fleet};
}

test('fleets are listed with the state of their supervisor; other entries are skipped', () => {
  const {env, fleet} = home();
  expect(listFleets(env)).toEqual([]);
  fleet('b', '/b/brood.yaml', false);
  fleet('a', null);
  mkdirSync(join(env['BROOD_HOME']!, 'other'));
  writeFileSync(join(env['BROOD_HOME']!, 'file'), '');
  expect(listFleets(env).map(({name, file, alive}) => [name, file, alive])).toEqual([
    ['a', null, true],
    ['b', '/b/brood.yaml', false],
  ]);
});

test('a lock written over a longer one has its new holder before the rest is truncated', () => {
  const {env, fleet} = home();
  const path = inFolder.lock(fleet('a', null));
  writeFileSync(path, readFileSync(path, 'utf8') + '\n00,"version":"1.0.0-of-a-longer-name"}');
  expect(listFleets(env).map(({name, alive}) => [name, alive])).toEqual([['a', true]]);
});

test('the file in the working directory selects the fleet, by its canonical path, without being read', async () => {
  const {env, fleet, checkout, root} = home();
  const one = checkout('one', '{this is : no [yaml');
  const two = checkout('two');
  const folder = fleet('shop', join(one, 'brood.yaml'));
  fleet('shop', join(two, 'brood.yaml'));
  symlinkSync(one, join(root, 'link'));
  expect((await resolveFleet({cwd: one, env})).folder).toBe(folder);
  expect((await resolveFleet({cwd: join(root, 'link'), env})).folder).toBe(folder);
  expect((await resolveFleet({cwd: two, env})).folder).not.toBe(folder);
});

test('a file from which no fleet was started, or several were, is read for its name', async () => {
  const {env, fleet, checkout} = home();
  const cwd = checkout('one');
  const file = join(cwd, 'brood.yaml');
  expect(await resolveFleet({cwd, env})).toMatchObject({
    name: 'shop',
    alive: false,
    folder: fleetFolder('shop', file, env),
  });
  fleet('old-name', file);
  fleet('shop', file);
  expect(await resolveFleet({cwd, env})).toMatchObject({name: 'shop', alive: true});
  await expect(resolveFleet({cwd: checkout('bad', 'workers: ['), env})).rejects.toMatchObject({kind: 'invalid'});
});

test('--fleet and BROOD_FLEET select by name or id; running fleets come first; an ambiguous name is rejected with the files', async () => {
  const {env, fleet, checkout} = home();
  const cwd = checkout('one');
  const dead = fleet('shop', '/dead/brood.yaml', false);
  expect((await resolveFleet({fleet: 'shop', cwd, env})).folder).toBe(dead);
  const alive = fleet('shop', '/alive/brood.yaml');
  expect((await resolveFleet({fleet: 'shop', cwd, env})).folder).toBe(alive);
  expect((await resolveFleet({cwd, env: {...env, BROOD_FLEET: 'shop'}})).folder).toBe(alive);
  const third = fleet('shop', '/third/brood.yaml');
  await expect(resolveFleet({fleet: 'shop', cwd, env})).rejects.toMatchObject({
    kind: 'ambiguous',
    more: [expect.stringContaining('/alive/brood.yaml'), expect.stringContaining('/third/brood.yaml')],
  });
  const id = fleetId('shop', '/third/brood.yaml');
  expect((await resolveFleet({fleet: id, cwd, env})).folder).toBe(third);
  expect((await resolveFleet({cwd, env: {...env, BROOD_FLEET: 'shop', BROOD_FLEET_ID: id}})).folder).toBe(third);
  await expect(resolveFleet({fleet: 'none', cwd, env})).rejects.toMatchObject({kind: 'missing'});
});

test('without a file, the fleet `default` is selected; without that, the error mentions --fleet', async () => {
  const {env, fleet, root} = home();
  fleet('shop', '/x/brood.yaml');
  await expect(resolveFleet({cwd: root, env})).rejects.toThrow(/--fleet NAME; running: shop/);
  const folder = fleet('default', null, false);
  expect((await resolveFleet({cwd: root, env})).folder).toBe(folder);
});
