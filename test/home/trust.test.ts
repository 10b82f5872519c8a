/** Whether a folder may be used, as a function of the entries along its path and the members of groups. */
import {describe, expect, test} from 'vitest';
import {accountsIn} from '../../src/home/accounts.ts';
import type {Place} from '../../src/home/place.ts';
import {whyUntrusted, type Surroundings} from '../../src/home/trust.ts';

const passwd = `root:x:0:0:root:/root:/bin/sh
alice:x:1000:1000::/home/alice:/bin/sh
bob:x:1001:1001::/home/bob:/bin/sh
carol:x:1002:50::/home/carol:/bin/sh
dave:x:1003:1003::/home/dave:/bin/sh
erin:x:1004:1003::/home/erin:/bin/sh
`;
const group = `root:x:0:
staff:x:50:
alice:x:1000:
bob:x:1001:alice
dave:x:1003:
`;
const accounts = accountsIn(passwd, group);

const folder = (path: string, uid: number, mode = 0o755, gid = uid): Place => ({path, kind: 'folder', uid, gid, mode});
const ROOT = folder('/', 0);
const HOME = '/srv/fleets';
const FLEET = '/srv/fleets/t-1';

const why = (uid: number, surroundings: Partial<Surroundings>): string | null => {
  const all = {above: [ROOT, folder('/srv', 0)], home: folder(HOME, uid), folder: folder(FLEET, uid, 0o700)};
  return whyUntrusted(FLEET, {...all, ...surroundings}, {uid, accounts});
};

describe('a folder is used', () => {
  test.each([0, 1000])('by uid %d, its owner, below folders of root', uid => {
    expect(why(uid, {})).toBeNull();
  });

  test('if it does not exist yet, and its home does not either', () => {
    expect(why(1000, {home: null, folder: null})).toBeNull();
  });

  test('below a sticky folder that is writable by everybody, and a folder of this user in it', () => {
    const above = [ROOT, folder('/tmp', 0, 0o1777), folder('/tmp/mine', 1000, 0o700)];
    expect(why(1000, {above})).toBeNull();
  });

  test('below a symbolic link of root or of this user, such as /var/run', () => {
    const link = (uid: number): Place => ({path: '/srv/link', kind: 'link', uid, gid: uid, mode: 0o777});
    expect(why(1000, {above: [ROOT, link(0), link(1000)]})).toBeNull();
    expect(why(1000, {above: [ROOT, link(1001)]})).toMatch(/link.*belongs to bob/);
  });

  test("below a folder that is writable by this user's private group", () => {
    expect(why(1000, {above: [ROOT, folder('/home/alice', 1000, 0o775)]})).toBeNull();
    expect(why(0, {above: [ROOT, folder('/opt', 0, 0o775)]})).toBeNull();
    // It belongs to root, and only this user is in the group.
    expect(why(1000, {above: [ROOT, folder('/opt', 0, 0o775, 1000)]})).toBeNull();
  });
});

describe('a folder is rejected with its name, its owner, the meaning and a remedy', () => {
  test.each<[string, number, Partial<Surroundings>, RegExp]>([
    [
      'of another user',
      0,
      {folder: folder(FLEET, 1001, 0o700)},
      /t-1 belongs to bob \(uid 1001\).*runs as root.*BROOD_HOME/,
    ],
    ['of root, for a user', 1000, {folder: folder(FLEET, 0, 0o700)}, /t-1 belongs to root/],
    ['whose home is another user’s', 0, {home: folder(HOME, 1000)}, /fleets belongs to alice.*BROOD_HOME/],
    ['of a user without a name', 0, {folder: folder(FLEET, 4711)}, /belongs to uid 4711/],
    ['that is a link', 0, {folder: {...folder(FLEET, 0), kind: 'link'}}, /t-1 is a symbolic link.*Remove it/],
    ['that is a file', 0, {folder: {...folder(FLEET, 0), kind: 'file'}}, /t-1.*is not a folder/],
    ['whose home is a link', 0, {home: {...folder(HOME, 0), kind: 'link'}}, /fleets is a symbolic link/],
    [
      'that everybody may write',
      0,
      {folder: folder(FLEET, 0, 0o777)},
      /t-1 \(owner root.*mode 0777\).*every user.*chmod go-w/,
    ],
    ['that everybody may write, though it is sticky', 0, {folder: folder(FLEET, 0, 0o1777)}, /every user/],
    ['below a folder of another user', 0, {above: [ROOT, folder('/home/bob', 1001)]}, /\/home\/bob.*belongs to bob/],
    [
      'below one that everybody may write',
      0,
      {above: [ROOT, folder('/pub', 0, 0o777)]},
      /\/pub.*every user.*chmod go-w/,
    ],
    [
      'below one of a group with a primary member',
      1002,
      {above: [folder('/x', 1002, 0o775, 50)]},
      /group staff \(gid 50\)/,
    ],
    ['below one of a group that has members', 1001, {above: [folder('/x', 1001, 0o775)]}, /every member of group bob/],
    ['below one of a group that is another’s primary', 1003, {above: [folder('/x', 1003, 0o775)]}, /group dave/],
    ['below one of a group without a name', 1000, {above: [folder('/x', 1000, 0o775, 99)]}, /group gid 99/],
  ])('one %s', (_what, uid, surroundings, words) => {
    const message = why(uid, surroundings);
    expect(message).toMatch(words);
    expect(message).toContain('/');
  });
});
