/** Names of terminals and users, by number. */
import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {Terminals} from '../../src/process/terminals.ts';
import {Users} from '../../src/process/users.ts';
import {scratch} from '../control/helpers.ts';

const DRIVERS = `/dev/tty             /dev/tty        5       0 system:/dev/tty
/dev/console         /dev/console    5       1 system:console
serial               /dev/ttyS       4 64-95 serial
usbserial            /dev/ttyUSB   188 0-511 serial
hvc                  /dev/hvc      229 0 system
pty_slave            /dev/pts      136 0-1048575 pty:slave
unknown              /dev/tty        4 1-63 console
`;

/** Packs a device number as the kernel does (new_encode_dev). */
const device = (major: number, minor: number): number => (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);

function terminals(drivers: string): Terminals {
  const root = scratch();
  mkdirSync(join(root, 'tty'));
  writeFileSync(join(root, 'tty', 'drivers'), drivers);
  return new Terminals(root);
}

test('terminals have the names that ps gives them', () => {
  const all = terminals(DRIVERS);
  expect(all.name(0)).toBeNull();
  const names = [
    [136, 0, 'pts/0'],
    [136, 300, 'pts/300'],
    [4, 1, 'tty1'],
    [4, 63, 'tty63'],
    [4, 64, 'ttyS0'],
    [4, 95, 'ttyS31'],
    [188, 3, 'ttyUSB3'],
    [5, 1, 'console'],
    [77, 4, '77:4'],
  ] as const;
  expect(names.map(([major, minor]) => all.name(device(major, minor)))).toEqual(names.map(([, , name]) => name));
});

test('pseudo terminals have names even without the list of drivers', () => {
  const all = new Terminals(scratch());
  expect(all.name(device(136, 7))).toBe('pts/7');
  expect(all.name(device(4, 1))).toBe('4:1');
});

function users(text: string): Users {
  const path = join(scratch(), 'passwd');
  writeFileSync(path, text);
  return new Users(path);
}

test('users have their first name in the password file, or their number', () => {
  const all = users(
    'root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n# nothing\n+::::::\nbob:x:1000:100::/home/bob:/bin/sh\nodd:x:x\n',
  );
  expect([0, 1000, 4711].map(uid => all.name(uid))).toEqual(['root', 'bob', '4711']);
  expect(new Users('/nowhere/at/all').name(0)).toBe('0');
});

const hasGetent = ((): boolean => {
  try {
    return execFileSync('getent', ['passwd', '0'], {encoding: 'utf8'}).startsWith('root:');
  } catch {
    return false;
  }
})();

test.skipIf(!hasGetent)('a user missing in the password file is looked up in the name service', async () => {
  const all = users('');
  await all.ask([0, 0, 3_999_999_999]);
  expect([0, 3_999_999_999].map(uid => all.name(uid))).toEqual(['root', '3999999999']);
  await all.ask([0, 3_999_999_999]);
});
