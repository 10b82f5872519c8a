/**
 * File locks: who holds them, and who waits. The kernel says who asked for a lock; one of flock(2) or of an open file
 * description is held by all who have that description, also by those who inherited it.
 */
import {blockedCallsOf} from './blocked-calls.ts';
import type {ChannelKind} from './channel-kind.ts';
import {groupBy, withoutDeleted} from './files.ts';
import {conflict, isSameLock, locksInFdinfo, parseLocks, placeOf, type LockLine} from './lock-lines.ts';
import type {OpenFile, Snapshot} from './snapshot.ts';
import type {Channel, End} from './types.ts';

const F_OFD_SETLKW = 38;

export interface LockDetail extends Readonly<Record<string, unknown>> {
  readonly lock: LockLine['call'];
  readonly type: LockLine['type'];
  /** First and last byte; null: the whole file. */
  readonly range: readonly [number, number | null] | null;
  readonly holders: readonly number[];
  readonly waiters: readonly number[];
  /** The holders by lock: of those in one group any can let go of it. */
  readonly owners: readonly (readonly number[])[];
}

export const lock: ChannelKind = {
  kind: 'lock',
  needs: ['files'],
  read(snapshot) {
    const lines = parseLocks(snapshot.text(null, 'locks') ?? '');
    if (lines.length === 0) return [];
    const open = new OpenLockedFiles(snapshot, lines);
    const waiting = lines.filter(({waits}) => waits);
    const held = groupBy(
      lines.filter(({waits}) => !waits),
      placeOf,
    );
    return Array.from(held.values(), group => channelOf(group, waiting, open));
  },
};

/** A process that has to do with a lock, and by which descriptor. */
interface Party {
  readonly pid: number;
  readonly fd: number | null;
}

/** The descriptors by which locks may be held or waited for. */
class OpenLockedFiles {
  readonly #snapshot: Snapshot;
  readonly #held: readonly (readonly [OpenFile, readonly LockLine[]])[];
  /** Which file a lock is on, where a descriptor has told. */
  readonly #files = new Map<string, OpenFile>();

  constructor(snapshot: Snapshot, lines: readonly LockLine[]) {
    this.#snapshot = snapshot;
    const inodes = new Set(lines.map(({file}) => Number(file.slice(file.lastIndexOf(':') + 1))));
    const pids = new Set(lines.map(({pid}) => pid));
    // Some file systems show another device to stat(2) than to /proc/locks (btrfs, overlayfs): the inode alone decides
    // who is asked, and `fdinfo`, which has the same numbers as /proc/locks, what is true.
    this.#held = snapshot.files
      .filter(({inode, pid}) => inodes.has(inode) || pids.has(pid))
      .map(file => [file, locksInFdinfo(snapshot.text(file.pid, `fdinfo/${file.fd}`) ?? '')]);
    for (const [file, locks] of this.#held) for (const {file: id} of locks) this.#files.set(id, file);
  }

  path({file}: LockLine): string | null {
    const open = this.#files.get(file);
    return open === undefined ? null : withoutDeleted(open.path);
  }

  holders(line: LockLine): Party[] {
    const found = this.#held
      .filter(([, locks]) => locks.some(own => isSameLock(own, line)))
      .map(([{pid, fd}]) => ({pid, fd}));
    if (found.length > 0) return found;
    // Its descriptors may not be read: then whoever asked for it.
    return line.pid === null ? [] : [{pid: line.pid, fd: null}];
  }

  waiters(line: LockLine): Party[] {
    const file = this.#files.get(line.file);
    const open = this.#held
      .map(([candidate]) => candidate)
      .filter(({inode, device}) => inode === file?.inode && device === file.device);
    if (line.pid !== null) return [{pid: line.pid, fd: open.find(({pid}) => pid === line.pid)?.fd ?? null}];
    return open
      .filter(({pid, fd}) =>
        blockedCallsOf(this.#snapshot, pid).some(
          ({call, arguments: [on, command]}) => call === 'fcntl' && on === fd && command === F_OFD_SETLKW,
        ),
      )
      .map(({pid, fd}) => ({pid, fd}));
  }
}

const sorted = (parties: readonly Party[]): number[] => [...new Set(parties.map(({pid}) => pid))].sort((a, b) => a - b);

function channelOf(
  held: readonly [LockLine, ...LockLine[]],
  waiting: readonly LockLine[],
  open: OpenLockedFiles,
): Channel {
  const [first] = held;
  const owners = held.map(line => open.holders(line));
  const holders = owners.flat();
  const waiters = waiting
    .filter(line => held.some(own => conflict(own, line) && (own.call !== 'posix' || own.pid !== line.pid)))
    .flatMap(line => open.waiters(line));
  const mode = first.type === 'read' ? 'r' : 'w';
  const end = ({pid, fd}: Party): End => ({pid, fd, mode});
  const detail: LockDetail = {
    lock: first.call,
    type: first.type,
    range:
      first.start === 0 && first.end === Infinity ? null : [first.start, first.end === Infinity ? null : first.end],
    holders: sorted(holders),
    waiters: sorted(waiters),
    owners: owners.map(sorted),
  };
  return {
    kind: 'lock',
    id: `lock:[${placeOf(first)
      .replace(/ 0-Infinity$/, '')
      .replace('Infinity', 'EOF')}]`,
    name: open.path(first),
    ends: [...new Map([...holders, ...waiters].map(party => [`${party.pid} ${party.fd ?? ''}`, end(party)])).values()],
    detail,
  };
}
