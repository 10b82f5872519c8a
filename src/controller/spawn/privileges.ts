/** The user and the privileges of a program, as words for setpriv(1). */
import {findAccount, findGroup, groupsOf, type Account} from './accounts.ts';
import {findTool} from './find-program.ts';
import type {WorkerSpec} from '../../fleet/types.ts';

export type PrivilegeSpec = Pick<WorkerSpec, 'user' | 'groups' | 'noNewPrivs' | 'capabilities'>;

export type Privileges =
  | {
      /** The words to put before the program; empty if nothing is to be changed. */
      readonly argv: readonly string[];
      /** Null for the supervisor's own user. */
      readonly account: Account | null;
    }
  | {readonly code: string; readonly message: string};

export function privilegesOf({user, groups = null, noNewPrivs = null, capabilities = null}: PrivilegeSpec): Privileges {
  const account = user === null ? null : findAccount(user);
  if (user !== null && account === null)
    return {code: 'EINVAL', message: `user ${user}: no such account on this machine`};
  const numbers = (groups ?? []).map(name => ({name, gid: findGroup(name)}));
  const missing = numbers.find(({gid}) => gid === null);
  if (missing) return {code: 'EINVAL', message: `groups: no group ${missing.name} on this machine`};
  const words = [
    ...(account === null ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`]),
    ...groupWords(account, groups === null ? null : numbers.map(({gid}) => gid ?? 0)),
    ...(capabilities === null ? [] : [`--bounding-set=${['-all', ...capabilities.map(name => `+${name}`)].join(',')}`]),
    ...(noNewPrivs === true ? ['--no-new-privs'] : []),
  ];
  if (words.length === 0) return {argv: [], account};
  const tool = findTool('setpriv');
  return tool === null
    ? {code: 'ENOENT', message: 'setpriv is not installed, but the user and privileges of this worker need it'}
    : {argv: [tool, ...words], account};
}

/** @param added groups besides the user's own; null if none are configured */
function groupWords(account: Account | null, added: readonly number[] | null): string[] {
  if (added === null) {
    if (account === null) return [];
    return [account.name === null ? '--clear-groups' : '--init-groups'];
  }
  const own = account === null ? (process.getgroups?.() ?? []) : groupsOf(account);
  const all = [...new Set([...own, ...added])];
  return [all.length === 0 ? '--clear-groups' : `--groups=${all.join(',')}`];
}
