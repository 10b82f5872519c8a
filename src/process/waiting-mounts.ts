/**
 * Places whose file system may not answer: it is on the network, or served by a program. A path is followed link by
 * link as the kernel would do it, up to such a mount and never into it, so the check itself never waits.
 */
import {lstatSync, readFileSync, readlinkSync} from 'node:fs';
import {join} from 'node:path';
import {MountChanges} from '../posix/mount-changes.ts';

/** Types that the kernel serves by itself, from memory or from a disk of this machine. */
const OWN =
  /^(ext[234]|xfs|btrfs|f2fs|zfs|bcachefs|jfs|reiserfs|nilfs2|v?fat|msdos|exfat|ntfs3|hfsplus|iso9660|udf|squashfs|erofs|cramfs|romfs|overlay|aufs|tmpfs|ramfs|devtmpfs|rootfs|hugetlbfs|devpts|proc|sysfs|cgroup2?|securityfs|debugfs|tracefs|configfs|pstore|efivarfs|bpf|mqueue|binfmt_misc|fusectl|nsfs|selinuxfs|binder)$/;
/** Maximum number of links that the kernel follows in one path (path_resolution(7)). */
const MOST_LINKS = 40;
/** How long results are cached (ms): a thousand workers started at once have few different paths. */
const VALID_MS = 1_000;

/**
 * Returns the mount points of such file systems from the text of mountinfo. `/` is never one of them: without it,
 * neither this program nor the tools that could wait in its place would run.
 */
export function waitingMounts(mountinfo: string): string[] {
  return mountinfo.split('\n').flatMap(line => {
    const [before = '', after = ''] = line.split(' - ', 2);
    const place = (before.split(' ')[4] ?? '/').replaceAll(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(parseInt(octal, 8)),
    );
    const [type = ''] = after.split(' ');
    return !place.startsWith('/') || place === '/' || type === '' || OWN.test(type)
      ? []
      : [Buffer.from(place, 'latin1').toString()];
  });
}

/** Whether an absolute path leads into one of these places. A path that leads nowhere does not. */
export function leadsInto(places: ReadonlySet<string>, path: string): boolean {
  if (places.size === 0) return false;
  let at = '/';
  let links = 0;
  const left = path.split('/').reverse();
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    if (name === '' || name === '.') continue;
    const next = join(at, name);
    if (places.has(next)) return true;
    try {
      if (name !== '..' && lstatSync(next).isSymbolicLink()) {
        if (++links > MOST_LINKS) return false;
        const target = readlinkSync(next);
        if (target.startsWith('/')) at = '/';
        left.push(...target.split('/').reverse());
        continue;
      }
    } catch {
      return false; // open(2) reports the reason
    }
    at = next;
  }
  return false;
}

let changes: MountChanges | null = null;
let places: ReadonlySet<string> = new Set();
let known = new Map<string, boolean>();
let since = -Infinity;

/** Returns the mount points of file systems that may not answer; none if /proc can't be read. */
export function waitingPlaces(): ReadonlySet<string> {
  try {
    const isFirst = changes === null;
    changes ??= new MountChanges();
    if (changes.any || isFirst) {
      places = new Set(waitingMounts(readFileSync('/proc/self/mountinfo', 'latin1')));
      since = -Infinity;
    }
    return places;
  } catch {
    return new Set();
  }
}

/** Whether a path leads into a file system that may not answer. */
export function mayWait(path: string): boolean {
  const current = waitingPlaces();
  if (current.size === 0) return false;
  const now = performance.now();
  if (now - since > VALID_MS) {
    known = new Map();
    since = now;
  }
  const found = known.get(path) ?? leadsInto(current, path);
  known.set(path, found);
  return found;
}
