/** Names of users and groups, and which groups have only one user (passwd(5), group(5)). */
import {readFileSync} from 'node:fs';
import {userInfo} from 'node:os';

export interface Accounts {
  /** `alice (uid 1000)`, or `uid 1000` if the uid has no name. */
  user(uid: number): string;
  /** `staff (gid 50)`, or `gid 50`. */
  group(gid: number): string;
  /**
   * Whether the group is that user's private one: it has the user's name and no members, and is the primary group of
   * no other user.
   */
  isPrivateGroup(gid: number, uid: number): boolean;
}

const fieldsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(':'));

/** @param own the name of a user that may be missing from the text (LDAP and the like) */
export function accountsIn(
  passwd: string,
  group: string,
  own?: {readonly uid: number; readonly name: string},
): Accounts {
  const users = fieldsOf(passwd).map(([name = '', , uid, gid]) => ({name, uid: Number(uid), gid: Number(gid)}));
  if (own && !users.some(({uid}) => uid === own.uid)) users.push({...own, gid: NaN});
  const groups = fieldsOf(group).map(([name = '', , gid, members = '']) => ({name, gid: Number(gid), members}));
  const nameOf = (uid: number): string | undefined => users.find(user => user.uid === uid)?.name;
  return {
    user(uid) {
      const name = nameOf(uid);
      return name === undefined ? `uid ${uid}` : `${name} (uid ${uid})`;
    },
    group(gid) {
      const name = groups.find(one => one.gid === gid)?.name;
      return name === undefined ? `gid ${gid}` : `${name} (gid ${gid})`;
    },
    isPrivateGroup(gid, uid) {
      const name = nameOf(uid);
      const same = groups.filter(one => one.gid === gid);
      if (name === undefined || same.length === 0) return false;
      if (same.some(one => one.name !== name || one.members.trim() !== '')) return false;
      return users.every(user => user.gid !== gid || user.uid === uid);
    },
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * Reads the accounts from this machine's files. Without them only this user may have a name, and no group is private.
 */
export function readAccounts(): Accounts {
  let own: {uid: number; name: string} | undefined;
  try {
    const {uid, username} = userInfo();
    own = {uid, name: username};
  } catch {
    // This user is in no password database, as in some containers.
  }
  return accountsIn(textOf('/etc/passwd'), textOf('/etc/group'), own);
}
