import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {fleetReference} from '../../src/fleet/reference.ts';
import {check} from './check.ts';
import {EXAMPLE} from './example.ts';

test('the reference agrees with the tables (else: node docs/make-references.mjs)', () => {
  const committed = readFileSync(new URL('../../docs/fleet-file.md', import.meta.url), 'utf8');
  expect(fleetReference()).toBe(committed);
});

test('the example of the reference is a valid file', async () => {
  const [, text = ''] = /```yaml\n([^]*?)```/.exec(fleetReference()) ?? [];
  const {fleet, errors, notes} = await check(text);
  expect([errors, notes]).toEqual([[], []]);
  expect(fleet?.workers.map(({name, restart}) => [name, restart])).toEqual([
    ['db', 'always'],
    ['web', 'on-failure'],
  ]);
});

test('a file that uses every key is valid for root, and for others except its user', async () => {
  expect((await check(EXAMPLE, {root: true})).errors).toEqual([]);
  expect((await check(EXAMPLE)).errors).toEqual([expect.stringContaining('web.user: "www-data": needs root')]);
});
