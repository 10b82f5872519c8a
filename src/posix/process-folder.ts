/**
 * Reads /proc of one process after another. The process's folder `fd` is held open meanwhile: everything read through
 * it belongs to that very process, never to a later one with its pid. All buffers are reused, since thousands of links
 * are read in one go.
 */
import {closeSync, openSync} from 'node:fs';
import koffi from 'koffi';
import {errno, errnoName, libc, syscall, SystemError} from './libc.ts';

const O_DIRECTORY = process.arch === 'arm64' || process.arch === 'arm' ? 0o40000 : 0o200000;
const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
const AT_SYMLINK_NOFOLLOW = 0x100;
/** Accepts cached attributes, since a file server may not respond (statx(2)). */
const AT_STATX_DONT_SYNC = 0x4000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_TYPE_AND_MODE = 0x3;

/** Numbers of getdents64(2) and statx(2), which not every C library wraps. */
interface Numbers {
  readonly getdents64: number;
  readonly statx: number;
}
const GENERIC: Numbers = {getdents64: 61, statx: 291};
const NUMBERS: Partial<Record<NodeJS.Architecture, Numbers>> = {
  x64: {getdents64: 217, statx: 332},
  arm64: GENERIC,
  riscv64: GENERIC,
  loong64: GENERIC,
};

// Addresses are numbers here: a name is used where getdents64 wrote it, without a copy.
const openat = libc<[number, number, number]>('int openat(int folder, intptr_t name, int flags)');
const readlinkat = libc<[number, number, number, number]>(
  'intptr_t readlinkat(int folder, intptr_t name, intptr_t buffer, size_t size)',
);
const read = libc<[number, number, number]>('intptr_t read(int fd, intptr_t buffer, size_t size)');
const close = libc<[number]>('int close(int fd)');
const ioctl = libc<[number, number, number]>('int ioctl(int fd, unsigned long request, intptr_t argument)');

/** Memory at a fixed address. Buffers of a few bytes may lie in V8's heap, where they move. */
class Memory {
  readonly bytes: Buffer;
  readonly address: number;
  constructor(size: number) {
    this.bytes = Buffer.alloc(Math.max(size, 4096));
    this.address = Number(koffi.address(this.bytes));
  }
}

/** Why something can't be read: the process is gone, or this user lacks the permission. */
export type Refusal = 'gone' | 'denied';

export type Access = 'r' | 'w' | 'rw';

/** The target of a link in `fd/` (statx(2)). */
export interface Target {
  /** File type, as in `st_mode & S_IFMT`. */
  readonly type: number;
  readonly inode: number;
  /** `major:minor` in hexadecimal as in `/proc/locks`: `fe:00`. */
  readonly device: string;
  /** Of a device file: the device that it represents. */
  readonly major: number;
  readonly minor: number;
}

/** The link of a descriptor, valid only during its visit. */
export interface Link {
  readonly fd: number;
  /** `pipe:[4711]`, `/dev/null`, ...: the first {@link length} bytes. Untrusted. */
  readonly text: Buffer;
  readonly length: number;
  /** The access mode of the descriptor; null if it has none (O_PATH) or is closed by now. */
  access(): Access | null;
  target(): Target | null;
}

/** A shared mapping of a file. */
export interface Mapping {
  /** `/dev/shm/x`, `/SYSV00000000 (deleted)`, ...; untrusted. */
  readonly path: string;
  readonly device: string;
  readonly inode: number;
  readonly access: Access | null;
}

const SHORTAGES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM']);

const refusal = (): Refusal => (['EACCES', 'EPERM'].includes(errnoName(errno())) ? 'denied' : 'gone');

export const device = (major: number, minor: number): string =>
  `${major.toString(16).padStart(2, '0')}:${minor.toString(16).padStart(2, '0')}`;

/** Returns the access mode for the permission bits of a link in `fd/` (proc_pid_fd(5)). */
export const accessOf = (readable: boolean, writable: boolean): Access | null =>
  readable ? (writable ? 'rw' : 'r') : writable ? 'w' : null;

// struct procmap_query (linux/fs.h), since Linux 6.11
const PROCMAP_QUERY = 0xc0686611;
const QUERY_BYTES = 104;
const QUERY_SHARED_FILES = 0x08 | 0x10 | 0x20; // shared; covering the address or the next one; of a file
const QUERY_READABLE = 1;
const QUERY_WRITABLE = 2;

export class ProcessFolder implements Link {
  readonly #proc: number;
  readonly #names = new Memory(4096);
  readonly #entries = new Memory(64 * 1024);
  readonly #link = new Memory(4096);
  readonly #status = new Memory(256);
  readonly #query = new Memory(QUERY_BYTES);
  readonly #file = new Memory(256 * 1024);
  readonly #numbers: Numbers;
  #pid = 0;
  /** The process's folder `fd`; -1 if it is not open. */
  #descriptors = -1;
  #entry = 0;
  fd = -1;
  length = 0;
  readonly text: Buffer;
  /** False once the kernel has refused PROCMAP_QUERY as unknown. */
  #mayQuery = true;

  /** Whether this class supports this platform and architecture. */
  static get works(): boolean {
    return process.platform === 'linux' && NUMBERS[process.arch] !== undefined;
  }

  constructor() {
    this.#proc = openSync('/proc', O_DIRECTORY | O_PATH);
    this.#numbers = NUMBERS[process.arch] ?? GENERIC;
    this.text = this.#link.bytes;
  }

  close(): void {
    this.leave();
    closeSync(this.#proc);
  }

  /** Selects the process for the following calls. */
  enter(pid: number): void {
    this.leave();
    this.#pid = pid;
  }

  leave(): void {
    if (this.#descriptors !== -1) close(this.#descriptors);
    this.#descriptors = -1;
  }

  /**
   * Reads a file of the process, one character per byte; null if it can't be read. One read(2) is taken as the whole
   * file.
   */
  read(name: string): string | null {
    const fd = this.#open(name, 0);
    if (fd === -1) return null;
    const got = read(fd, this.#file.address, this.#file.bytes.length);
    close(fd);
    return got < 0 ? null : this.#file.bytes.toString('latin1', 0, got);
  }

  #maps(fd: number): string {
    const parts: string[] = [];
    for (let got; (got = read(fd, this.#file.address, this.#file.bytes.length)) > 0;)
      parts.push(this.#file.bytes.toString('latin1', 0, got));
    return parts.join('');
  }

  /**
   * Calls `visit` with the link of each descriptor. Throws SystemError if this process has no descriptor or memory
   * left.
   */
  eachLink(visit: (link: Link) => void): Refusal | null {
    const folder = this.#open('fd', O_DIRECTORY);
    if (folder === -1) return refusal();
    this.#descriptors = folder;
    const {bytes, address} = this.#entries;
    for (;;) {
      const end = syscall(this.#numbers.getdents64, folder, address, bytes.length, 0, 0);
      for (let at = 0; at < end;) {
        // struct linux_dirent64: inode 0, offset 8, length of the record 16, type 18, name 19
        const name = at + 19;
        at += (bytes[at + 16] ?? 0) | ((bytes[at + 17] ?? 0) << 8);
        if (bytes[name] === 0x2e) continue;
        this.#entry = address + name;
        this.length = readlinkat(folder, this.#entry, this.#link.address, this.text.length);
        if (this.length <= 0) continue;
        this.fd = numberAt(bytes, name);
        visit(this);
      }
      // A block that has room for another entry was the last one.
      if (end < bytes.length - 64) break;
    }
    return null;
  }

  /** Valid only during the visit of a link. */
  access(): Access | null {
    if (!this.#statx(AT_SYMLINK_NOFOLLOW, STATX_TYPE_AND_MODE)) return null;
    const mode = this.#status.bytes.readUInt16LE(28);
    return accessOf((mode & 0o400) !== 0, (mode & 0o200) !== 0);
  }

  target(): Target | null {
    if (!this.#statx(AT_STATX_DONT_SYNC, STATX_BASIC_STATS)) return null;
    // struct statx is the same on every architecture: mode 28, inode 32, rdev 128, dev 136
    const {bytes} = this.#status;
    return {
      type: bytes.readUInt16LE(28) & 0o170000,
      inode: Number(bytes.readBigUInt64LE(32)),
      major: bytes.readUInt32LE(128),
      minor: bytes.readUInt32LE(132),
      device: device(bytes.readUInt32LE(136), bytes.readUInt32LE(140)),
    };
  }

  /** Calls `visit` with each shared mapping of a file. */
  eachSharedMapping(visit: (mapping: Mapping) => void): Refusal | null {
    const maps = this.#open('maps', 0);
    if (maps === -1) return refusal();
    if (this.#mayQuery) this.#queryMappings(maps, visit);
    if (!this.#mayQuery) for (const mapping of sharedMappingsIn(this.#maps(maps))) visit(mapping);
    close(maps);
    return null;
  }

  #queryMappings(maps: number, visit: (mapping: Mapping) => void): void {
    const {bytes, address} = this.#query;
    for (let from = 0n; ;) {
      bytes.writeBigUInt64LE(BigInt(QUERY_BYTES), 0);
      bytes.writeBigUInt64LE(BigInt(QUERY_SHARED_FILES), 8);
      bytes.writeBigUInt64LE(from, 16);
      bytes.fill(0, 24, 88);
      bytes.writeUInt32LE(this.text.length, 80);
      bytes.writeUInt32LE(0, 84);
      bytes.writeBigUInt64LE(BigInt(this.#link.address), 88);
      bytes.writeBigUInt64LE(0n, 96);
      if (ioctl(maps, PROCMAP_QUERY, address) !== 0) {
        // ENOENT: no further mapping. ESRCH: the process has ended. Before Linux 6.11: ENOTTY.
        if (errnoName(errno()) === 'ENOTTY') this.#mayQuery = false;
        return;
      }
      const flags = bytes.readBigUInt64LE(40);
      const nameBytes = bytes.readUInt32LE(80);
      visit({
        path: this.text.toString('utf8', 0, Math.max(0, nameBytes - 1)),
        inode: Number(bytes.readBigUInt64LE(64)),
        device: device(bytes.readUInt32LE(72), bytes.readUInt32LE(76)),
        access: accessOf((Number(flags) & QUERY_READABLE) !== 0, (Number(flags) & QUERY_WRITABLE) !== 0),
      });
      from = bytes.readBigUInt64LE(32);
    }
  }

  #statx(flags: number, mask: number): boolean {
    return syscall(this.#numbers.statx, this.#descriptors, this.#entry, flags, mask, this.#status.address) === 0;
  }

  #open(name: string, flags: number): number {
    const [folder, path] =
      this.#descriptors === -1 ? [this.#proc, `${this.#pid}/${name}`] : [this.#descriptors, `../${name}`];
    this.#names.bytes.write(`${path}\0`, 0, 'latin1');
    const fd = openat(folder, this.#names.address, flags | O_CLOEXEC);
    // A shortage in this process proves nothing about the examined one, which must not be taken for gone.
    if (fd === -1 && SHORTAGES.has(errnoName(errno()))) throw new SystemError('openat', errno(), path);
    return fd;
  }
}

function numberAt(bytes: Buffer, from: number): number {
  let value = 0;
  for (let at = from; ; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

/** Yields the shared mappings of files in the text of `/proc/PID/maps` (one character per byte, proc_pid_maps(5)). */
export function* sharedMappingsIn(maps: string): Generator<Mapping> {
  for (const line of maps.split('\n')) {
    const match = /^[\da-f]+-[\da-f]+ ([r-])([w-])[x-]s [\da-f]+ ([\da-f]+:[\da-f]+) (\d+) +(\S.*)$/.exec(line);
    if (!match) continue;
    const [, readable, writable, where = '', inode, path = ''] = match;
    yield {
      // The newline is the only character that is escaped there (fs/proc/task_mmu.c).
      path: Buffer.from(path.replaceAll('\\012', '\n'), 'latin1').toString(),
      device: where,
      inode: Number(inode),
      access: accessOf(readable === 'r', writable === 'w'),
    };
  }
}
