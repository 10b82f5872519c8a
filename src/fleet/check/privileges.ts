/** User, groups and capabilities of a worker. Only root may change them for a process. */
import {CAPABILITIES} from '../values/capabilities.ts';
import {refuse, refuseBecause, textOf, type Check, type Context, type Spot} from './check.ts';
import {didYouMean} from '../values/nearest.ts';

/** Names of accounts and groups (useradd(8)), or their numbers; 2^32 - 1 means "none" to setuid(2). */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}\$?$/;
const NUMBER = /^\d{1,10}$/;
const LARGEST_ID = 2 ** 32 - 2;

const isId = (value: string): boolean => NAME.test(value) || (NUMBER.test(value) && Number(value) <= LARGEST_ID);

function needsRoot<T>(value: T, spot: Spot, context: Context, key: string): T | null {
  if (context.root) return value;
  return refuseBecause(spot, context, `needs root: start the fleet as root, or remove ${key}`);
}

/** A user by name or number: only root may start a process as another user (setuid(2)). */
export const userName: Check<string> = {
  expects: 'the name or number of a user, such as www-data',
  example: 'www-data',
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined || !isId(value)) return refuse(spot, context, this.expects);
    return needsRoot(value, spot, context, 'user');
  },
  show: value => value,
};

/** A group by name or number (setgroups(2)). */
export const groupName: Check<string> = {
  expects: 'the name or number of a group, such as adm',
  example: 'adm',
  read(spot, context) {
    const value = textOf(spot.node);
    if (value === undefined || !isId(value)) return refuse(spot, context, this.expects);
    return needsRoot(value, spot, context, 'groups');
  },
  show: value => value,
};

/** A capability with or without `CAP_`, in any case (capabilities(7)). */
export const capability: Check<string> = {
  expects: 'a capability such as net_bind_service',
  example: 'net_bind_service',
  read(spot, context) {
    const written = textOf(spot.node);
    if (written === undefined) return refuse(spot, context, this.expects);
    const value = written.toLowerCase().replace(/^cap_/, '');
    if (!CAPABILITIES.includes(value))
      return refuseBecause(spot, context, `is not a capability: ${didYouMean(value, CAPABILITIES)}`);
    return needsRoot(value, spot, context, 'capabilities');
  },
  show: value => value,
};
