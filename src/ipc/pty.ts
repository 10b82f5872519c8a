/** Pseudo-terminals (pty(7)): a master, and a terminal `/dev/pts/N` that other processes read and write. */
import {statSync} from 'node:fs';
import {join} from 'node:path';
import type {ChannelKind} from './channel-kind.ts';
import {groupBy, isDeleted} from './files.ts';
import type {OpenFile, Snapshot} from './snapshot.ts';
import {device} from '../posix/process-folder.ts';

const S_IFCHR = 0o020000;
const MASTER = {major: 5, minor: 2}; // /dev/ptmx
const TERMINAL_MAJOR = 136;

interface Side {
  readonly file: OpenFile;
  readonly side: 'master' | 'terminal';
  readonly index: number;
  /** The devpts file system of the terminal: each numbers its terminals separately. */
  readonly instance: string;
}

export const pty: ChannelKind = {
  kind: 'pty',
  needs: ['files'],
  read(snapshot) {
    const devices = snapshot.files.filter(({type}) => type === S_IFCHR);
    const terminals = devices.filter(({major}) => major === TERMINAL_MAJOR).map(terminalOf);
    const instances = new Set(terminals.map(({instance}) => instance));
    const masters = devices
      .filter(({major, minor}) => major === MASTER.major && minor === MASTER.minor)
      .map(file => masterOf(snapshot, file, instances))
      .filter(side => side !== null);
    return Array.from(groupBy([...masters, ...terminals], idOf), ([id, sides]) => ({
      kind: 'pty',
      id: `pty:[${id}]`,
      name: `/dev/pts/${sides[0].index}`,
      ends: sides.map(({file: {pid, fd, mode}, side}) => ({pid, fd, mode, side})),
      detail: {index: sides[0].index, ...(isGone(sides[0].file) ? {deleted: true} : {})},
    }));
  },
};

const isGone = (file: OpenFile): boolean => file.major === TERMINAL_MAJOR && isDeleted(file.path);

/** A terminal whose master was closed has lost its number: another one may have it, and sharers can't be identified. */
const idOf = ({file, index, instance}: Side): string =>
  isGone(file) ? `${instance}:${index} of ${file.pid}` : `${instance}:${index}`;

const terminalOf = (file: OpenFile): Side => ({file, side: 'terminal', index: file.minor, instance: file.device});

/** Returns the terminal of a master, from its `/proc/PID/fdinfo/FD`, or null if that does not show it. */
export function terminalIndexIn(info: string): number | null {
  const index = /^tty-index:\s*(\d+)/m.exec(info)?.[1];
  return index === undefined ? null : Number(index);
}

function masterOf(snapshot: Snapshot, file: OpenFile, instances: ReadonlySet<string>): Side | null {
  const index = terminalIndexIn(snapshot.text(file.pid, `fdinfo/${file.fd}`) ?? '');
  if (index === null) return null;
  // A master opened as /dev/ptmx belongs to the devpts mounted beside it (Documentation/filesystems/devpts.rst).
  const instance = instances.has(file.device) ? file.device : (devptsOf(snapshot, file.pid) ?? file.device);
  return {file, side: 'master', index, instance};
}

function devptsOf({root}: Snapshot, pid: number): string | null {
  try {
    const {dev} = statSync(join(root, String(pid), 'root/dev/pts'));
    return device((dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & ~0xff));
  } catch {
    return null;
  }
}
