/**
 * Decides whether a fleet's folder may be used: whether anyone but this user and root could control what is run from
 * it. Pure: the input is the result of lstat(2) along its path, and the members of groups.
 */
import type {Accounts} from './accounts.ts';
import type {Place} from './place.ts';

export interface Surroundings {
  /** All folders and links on the way to BROOD_HOME, root first. */
  readonly above: readonly Place[];
  /** BROOD_HOME itself; null: it does not exist yet. */
  readonly home: Place | null;
  /** The fleet's folder; null: it does not exist yet. */
  readonly folder: Place | null;
}

/** The effective user, and the accounts of the machine. */
export interface Viewer {
  readonly uid: number;
  readonly accounts: Accounts;
}

const STICKY = 0o1000;
const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

/** Returns who else may create and remove names in a folder, or null if only its owner and root may. */
function writersOf(place: Place, viewer: Viewer): string | null {
  if ((place.mode & OTHERS_WRITE) !== 0) return 'every user';
  if ((place.mode & GROUP_WRITES) === 0) return null;
  const {uid, accounts} = viewer;
  const isPrivate = [place.uid, uid].some(owner => accounts.isPrivateGroup(place.gid, owner));
  return isPrivate ? null : `every member of group ${accounts.group(place.gid)}`;
}

const MEANS = 'who could place a program there that the supervisor runs as';
const OWN_HOME = 'Set BROOD_HOME to a folder of your own';

function problemAbove(place: Place, subject: string, viewer: Viewer): string | null {
  const {uid} = viewer;
  const user = (id: number): string => viewer.accounts.user(id);
  if (place.uid !== 0 && place.uid !== uid)
    return `${subject} is not safe: ${place.path}, on the way to it, belongs to ${user(place.uid)}, ${MEANS} ${user(uid)}. ${OWN_HOME}, below folders that belong to you or root`;
  if (place.kind === 'link') return null;
  const writers = writersOf(place, viewer);
  // In a sticky folder only the owner of a name may remove it.
  if (writers === null || (place.mode & STICKY) !== 0) return null;
  return `${subject} is not safe: ${place.path}, on the way to it (owner ${user(place.uid)}, mode ${octal(place.mode)}), can be changed by ${writers}, ${MEANS} ${user(uid)}. Remove that permission (\`chmod go-w ${place.path}\`), or set BROOD_HOME to another folder`;
}

function problemOf(place: Place, what: string, viewer: Viewer, mayBeSticky: boolean): string | null {
  const {uid} = viewer;
  const {path} = place;
  if (place.kind === 'folder' && place.uid === uid) {
    const writers = writersOf(place, viewer);
    if (writers === null || (mayBeSticky && (place.mode & STICKY) !== 0)) return null;
    return `${what} ${path} (owner ${viewer.accounts.user(uid)}, mode ${octal(place.mode)}) can be changed by ${writers}, ${MEANS} ${viewer.accounts.user(uid)}. Check its contents, remove that permission (\`chmod go-w ${path}\`), or set BROOD_HOME to another folder`;
  }
  const owner = viewer.accounts.user(place.uid);
  const me = viewer.accounts.user(uid);
  if (place.kind === 'link')
    return `${what} ${path} is a symbolic link (owner ${owner}): a user who can change it controls what the supervisor runs as ${me}. Remove it, or set BROOD_HOME to its target`;
  if (place.kind !== 'folder')
    return `${what} ${path} (owner ${owner}) is not a folder, so it can't hold the state of a fleet. Remove it, or set BROOD_HOME to a folder`;
  const remove = mayBeSticky ? '' : `, or remove ${path}`;
  return `${what} ${path} belongs to ${owner}, ${MEANS} ${me}. ${OWN_HOME}${remove}`;
}

/** Returns why this user must not write to the folder or run anything from it, or null if there is no objection. */
export function whyUntrusted(path: string, {above, home, folder}: Surroundings, viewer: Viewer): string | null {
  const subject = `the fleet's folder ${path}`;
  for (const place of above) {
    const problem = problemAbove(place, subject, viewer);
    if (problem !== null) return problem;
  }
  return (
    (home && problemOf(home, 'the folder of all fleets', viewer, true)) ??
    (folder && problemOf(folder, "the fleet's folder", viewer, false))
  );
}

/**
 * Returns why no socket may be bound at a path, and no file removed there, with this user's rights: another user
 * controls the path, and clients would connect to that user. Returns null if there is no objection.
 *
 * @param above all folders and links on the way to the path
 */
export function whyNoSocket(path: string, above: readonly Place[], viewer: Viewer): string | null {
  const {uid, accounts} = viewer;
  const me = accounts.user(uid);
  const instead = `choose a path below folders that belong only to ${me} or root, such as /run`;
  for (const place of above) {
    if (place.uid !== 0 && place.uid !== uid)
      return `${place.path}, on the way to ${path}, belongs to ${accounts.user(place.uid)}, who could place another socket there, or redirect ${me}: ${instead}`;
    if (place.kind === 'link' || (place.mode & STICKY) !== 0) continue;
    const writers = writersOf(place, viewer);
    if (writers !== null)
      return `${place.path}, on the way to ${path} (owner ${accounts.user(place.uid)}, mode ${octal(place.mode)}), can be changed by ${writers}, who could place another socket there: remove that permission (\`chmod go-w ${place.path}\`), or ${instead}`;
  }
  return null;
}
