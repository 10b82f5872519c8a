/** Looks at a fleet's folder before anything is written to it, run from it, or told to a socket in it. */
import {hasCode} from '../base/errors.ts';
import {chmodSync, mkdirSync, unlinkSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {readAccounts, type Accounts} from './accounts.ts';
import {UntrustedError} from './errors.ts';
import {placeAt, placesTo, placesToOnThread} from './place.ts';
import {whyNoSocket, whyUntrusted} from './trust.ts';

const effectiveUid = (): number => process.geteuid?.() ?? 0;

/** The accounts are read when a message or a group needs them: most folders need neither. */
function viewer(): {readonly uid: number; readonly accounts: Accounts} {
  let accounts: Accounts | null = null;
  return {
    uid: effectiveUid(),
    get accounts() {
      return (accounts ??= readAccounts());
    },
  };
}

/** Why no socket is to be bound at a path; null: nothing speaks against it, or this user may not look. */
export function whyNoSocketHere(path: string): string | null {
  try {
    return whyNoSocket(path, placesTo(dirname(path)), viewer());
  } catch {
    return null;
  }
}

/** The same, looked at on a thread; rejects where it can't be looked at. */
export const whyNoSocketAt = async (path: string): Promise<string | null> =>
  whyNoSocket(path, await placesToOnThread(dirname(path)), viewer());

/** What lies in a fleet's folder and is this user's alone; what else is there belongs to nobody here. */
const FOLDERS = ['code', 'runs', 'logs', 'channels'] as const;
const FILES = ['fleet.json', 'lock', 'snapshot.0', 'snapshot.1', 'journal.jsonl', 'supervisor.log'] as const;

/** @throws UntrustedError where another user could decide what is written or run in the folder. */
export function mustBeTrusted(folder: string): void {
  const home = dirname(folder);
  const surroundings = {above: placesTo(dirname(home)), home: placeAt(home), folder: placeAt(folder)};
  const why = whyUntrusted(folder, surroundings, viewer());
  if (why !== null) throw new UntrustedError(why);
}

/**
 * Whether a client may speak to the socket in the folder. Another user's folder is left to the kernel: the owner's socket
 * refuses everybody but the owner and root.
 *
 * @throws UntrustedError
 */
export function mustBeTrustedByClient(folder: string): void {
  const place = placeAt(folder);
  if (place?.uid === effectiveUid()) mustBeTrusted(folder);
}

/**
 * Looks at what lies in a folder that is trusted itself. A link in the place of a state file is removed, what it leads
 * to is left alone; a link in the place of the logs is refused, since someone may want it.
 *
 * @throws UntrustedError where something belongs to another user, or is of a kind that would block.
 */
export function mustHoldOwn(folder: string): void {
  const me = viewer();
  for (const name of [...FOLDERS, ...FILES]) {
    const place = placeAt(join(folder, name));
    if (place === null || (place.uid === me.uid && (place.kind === 'file' || place.kind === 'folder'))) continue;
    const {path, kind} = place;
    const owner = me.accounts.user(place.uid);
    if (place.uid !== me.uid)
      throw new UntrustedError(
        `${path} belongs to ${owner}, and all of this fleet's state must belong to ${me.accounts.user(me.uid)}. Remove it if it is not needed`,
      );
    if (kind === 'other')
      throw new UntrustedError(`${path} (owner ${owner}) is no file and no folder: opening it could block. Remove it`);
    if (name === 'logs')
      throw new UntrustedError(
        `${path} is a symbolic link (owner ${owner}), and links in a fleet's folder are not followed. Remove it; BROOD_HOME moves all state to another disk`,
      );
    unlinkSync(path);
  }
}

/**
 * Makes a fleet's folder where it is missing, with those above it, for this user alone; a folder that is there gets
 * mode 0700 once it has been looked at.
 *
 * @throws UntrustedError, and what the file system refuses.
 */
export function makeTrusted(folder: string): void {
  mustBeTrusted(folder);
  makeFolder(folder);
  // Another user may have made it between the look and the making.
  mustBeTrusted(folder);
  // No link any more, and nobody else can make one: it is this user's, in a folder where no other may rename it.
  if (placeAt(folder)?.mode !== 0o700) chmodSync(folder, 0o700);
  mustHoldOwn(folder);
}

/** As `mkdir -p`; Node's own never returns where the kernel says ENOENT below a folder that is there, as in /proc. */
function makeFolder(path: string): void {
  if (placeAt(path) !== null) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    // Another `up` at the same instant.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
