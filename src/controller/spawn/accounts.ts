/** Users and groups of this machine, from the password and group files (passwd(5), group(5)). */
import {readFileSync} from 'node:fs';

export interface Account {
  /** Null for a number without an account. */
  readonly name: string | null;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string | null;
}

const linesOf = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(line => line.split(':'));

const NUMBER = /^\d{1,10}$/;

/**
 * Finds an account by name or number. A number needs no account: its process has the group of the same number, no other
 * groups, and `/` as its home. Returns null if no account has that name.
 */
export function findAccount(user: string): Account | null {
  const number = NUMBER.test(user) ? Number(user) : null;
  for (const [name, , uid, gid, , home, shell] of linesOf('/etc/passwd')) {
    if (name === undefined || uid === undefined || gid === undefined) continue;
    if (name !== user && (number === null || Number(uid) !== number)) continue;
    return {name, uid: Number(uid), gid: Number(gid), home: home || '/', shell: shell || null};
  }
  return number === null ? null : {name: null, uid: number, gid: number, home: '/', shell: null};
}

/** Returns the number of a group, by its name or number, or null if no group has that name. */
export function findGroup(group: string): number | null {
  if (NUMBER.test(group)) return Number(group);
  const gid = linesOf('/etc/group').find(([name]) => name === group)?.[2];
  return gid === undefined ? null : Number(gid);
}

/** Returns the groups of an account from the group file, its own first (initgroups(3)). */
export function groupsOf({name, gid}: Account): number[] {
  if (name === null) return [];
  const others = linesOf('/etc/group').flatMap(([, , number, members = '']) =>
    members.split(',').includes(name) ? [Number(number)] : [],
  );
  return [...new Set([gid, ...others])];
}
