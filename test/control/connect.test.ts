import {mkdirSync, writeFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {fleetFolder, inFolder} from '../../src/control/folder.ts';
import {connect, FleetChoiceError, NotRunningError} from '../../src/worker/index.ts';
import {scratch, serve} from './helpers.ts';

test('connect finds a fleet by name, by its own environment, or by the file in the folder', async () => {
  const root = scratch();
  const env = {BROOD_HOME: root};
  const file = `${root}/brood.yaml`;
  writeFileSync(file, 'fleet: shop\nworkers: {w: {run: sleep 1}}\n');
  const folder = fleetFolder('shop', file, env);
  mkdirSync(folder);
  await expect(connect('shop', {env})).rejects.toThrow(FleetChoiceError);
  writeFileSync(inFolder.fleet(folder), JSON.stringify({name: 'shop', file, dir: root}));
  await expect(connect('shop', {env})).rejects.toThrow(NotRunningError);
  await serve({ping: () => ({pid: 1, version: '1', fleet: 'shop', ready: true})}, {folder});
  for (const client of [
    await connect('shop', {env}),
    await connect(undefined, {env: {...env, BROOD_FLEET: 'shop'}, cwd: '/'}),
    await connect(undefined, {env, cwd: root}),
  ]) {
    expect((await client.call('ping', {})).fleet).toBe('shop');
    client.close();
  }
});
