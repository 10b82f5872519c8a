/** Checks a fleet's folder before anything is written to it, run from it, or sent to a socket in it. */
import {hasCode} from '../base/errors.ts';
import {chmodSync, mkdirSync, unlinkSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {readAccounts, type Accounts} from './accounts.ts';
import {UntrustedError} from './errors.ts';
import {placeAt, placesTo, placesToOnThread} from './place.ts';
import {whyNoSocket, whyUntrusted} from './trust.ts';

const effectiveUid = (): number => process.geteuid?.() ?? 0;

/** Returns the viewer. Accounts are read only when a message or a group needs them: most folders need neither. */
function viewer(): {readonly uid: number; readonly accounts: Accounts} {
  let accounts: Accounts | null = null;
  return {
    uid: effectiveUid(),
    get accounts() {
      return (accounts ??= readAccounts());
    },
  };
}

/** Returns why no socket may be bound at a path, or null if there is no objection or the path can't be examined. */
export function whyNoSocketHere(path: string): string | null {
  try {
    return whyNoSocket(path, placesTo(dirname(path)), viewer());
  } catch {
    return null;
  }
}

/** Does the same on a thread; rejects if the path can't be examined. */
export const whyNoSocketAt = async (path: string): Promise<string | null> =>
  whyNoSocket(path, await placesToOnThread(dirname(path)), viewer());

/** The entries of a fleet's folder that must be this user's alone; other entries are not brood's. */
const FOLDERS = ['code', 'runs', 'logs', 'channels'] as const;
const FILES = ['fleet.json', 'lock', 'snapshot.0', 'snapshot.1', 'journal.jsonl', 'supervisor.log'] as const;

/** @throws UntrustedError if another user could decide what is written or run in the folder. */
export function mustBeTrusted(folder: string): void {
  const home = dirname(folder);
  const surroundings = {above: placesTo(dirname(home)), home: placeAt(home), folder: placeAt(folder)};
  const why = whyUntrusted(folder, surroundings, viewer());
  if (why !== null) throw new UntrustedError(why);
}

/**
 * Checks that a client may connect to the socket in the folder. Another user's folder is left to the kernel: the
 * owner's socket rejects everyone but the owner and root.
 *
 * @throws UntrustedError
 */
export function mustBeTrustedByClient(folder: string): void {
  const place = placeAt(folder);
  if (place?.uid === effectiveUid()) mustBeTrusted(folder);
}

/**
 * Checks the entries of a folder that is trusted itself. A link in the place of a state file is removed, its target is
 * left alone; a link in the place of the logs is rejected, since its owner may want it.
 *
 * @throws UntrustedError if an entry belongs to another user, or is of a kind that would block.
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
        `${path} belongs to ${owner}, but all state of this fleet must belong to ${me.accounts.user(me.uid)}. Remove it if it is not needed`,
      );
    if (kind === 'other')
      throw new UntrustedError(
        `${path} (owner ${owner}) is neither a file nor a folder: opening it could block. Remove it`,
      );
    if (name === 'logs')
      throw new UntrustedError(
        `${path} is a symbolic link (owner ${owner}), and links in a fleet's folder are not followed. Remove it; to move all state to another disk, set BROOD_HOME`,
      );
    unlinkSync(path);
  }
}

/**
 * Creates a fleet's folder and its parents if they are missing, for this user only. An existing folder gets mode 0700
 * after the check.
 *
 * @throws UntrustedError and file system errors.
 */
export function makeTrusted(folder: string): void {
  mustBeTrusted(folder);
  makeFolder(folder);
  // Another user may have created it between the check and mkdir(2).
  mustBeTrusted(folder);
  // The folder is no link, and can't become one: it is this user's, in a folder where no other user may rename it.
  if (placeAt(folder)?.mode !== 0o700) chmodSync(folder, 0o700);
  mustHoldOwn(folder);
}

/**
 * Works like `mkdir -p`. Node's own never returns if the kernel reports ENOENT below an existing folder, as in /proc.
 */
function makeFolder(path: string): void {
  if (placeAt(path) !== null) return;
  const parent = dirname(path);
  if (parent !== path) makeFolder(parent);
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    // Another `up` created it at the same instant.
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}
