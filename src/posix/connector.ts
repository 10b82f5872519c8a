/**
 * The kernel's process connector: every fork, exec, setsid and exit of the machine as it happens, over a netlink socket
 * (drivers/connector/cn_proc.c). It works in the initial namespaces only; before Linux 6.6, for root only
 * (CAP_NET_ADMIN).
 */
import {closeSync, statSync} from 'node:fs';
import koffi from 'koffi';
import {decodeMessage, listenMessage, socketFilter, type ConnectorEvent, type Wanted} from './connector-messages.ts';
import {check, errno, errnoName, libc} from './libc.ts';

const AF_NETLINK = 16;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_CONNECTOR = 11;
const CN_IDX_PROC = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_RCVBUFFORCE = 33;

/** Maximum messages of one call. */
const BATCH = 64;
/** Larger than any event. */
const SLOT_BYTES = 256;
const ADDRESS_BYTES = 12;
const HEADER_BYTES = 64; // struct mmsghdr of 64-bit systems
/** An event takes some 800 bytes of the kernel's memory, in use only while events wait to be read. */
const BUFFER_BYTES = 64 * 1024 * 1024;

const socket = libc<[number, number, number]>('int socket(int domain, int type, int protocol)');
const bind = libc<[number, Buffer, number]>('int bind(int fd, const void *address, uint32_t length)');
const send = libc<[number, Buffer, number, number]>('int64_t send(int fd, const void *data, size_t length, int flags)');
const setsockopt = libc<[number, number, number, Buffer, number]>(
  'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
);
const recvmmsg = libc<[number, Buffer, number, number, null]>(
  'int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)',
);

/** The buffers of recvmmsg(2). */
class Batch {
  readonly headers = Buffer.alloc(BATCH * HEADER_BYTES);
  readonly #slots = Buffer.alloc(BATCH * SLOT_BYTES);
  readonly #senders = Buffer.alloc(BATCH * ADDRESS_BYTES);
  readonly #vectors = Buffer.alloc(BATCH * 16);

  constructor() {
    for (let i = 0; i < BATCH; i++) {
      const header = i * HEADER_BYTES;
      this.#vectors.writeBigUInt64LE(koffi.address(this.#slots) + BigInt(i * SLOT_BYTES), i * 16);
      this.#vectors.writeBigUInt64LE(BigInt(SLOT_BYTES), i * 16 + 8);
      this.headers.writeBigUInt64LE(koffi.address(this.#senders) + BigInt(i * ADDRESS_BYTES), header);
      this.headers.writeBigUInt64LE(koffi.address(this.#vectors) + BigInt(i * 16), header + 16);
      this.headers.writeBigUInt64LE(1n, header + 24);
    }
  }

  /** Resets the first `used` address lengths, which the kernel overwrites. */
  reset(used: number): void {
    for (let i = 0; i < used; i++) this.headers.writeUInt32LE(ADDRESS_BYTES, i * HEADER_BYTES + 8);
  }

  /** Returns the message in a slot, or null if the sender was not the kernel. */
  message(index: number): Buffer | null {
    if (this.#senders.readUInt32LE(index * ADDRESS_BYTES + 4) !== 0) return null;
    const length = this.headers.readUInt32LE(index * HEADER_BYTES + 56);
    return this.#slots.subarray(index * SLOT_BYTES, index * SLOT_BYTES + Math.min(length, SLOT_BYTES));
  }
}

/** The result of a read. */
export interface Reading {
  /** Further events may be queued. */
  readonly more: boolean;
  /** Events were lost, since they were not read quickly enough. Reported once the queue has been drained. */
  readonly lost: boolean;
}

export class Connector {
  readonly fd: number;
  readonly #batch = new Batch();
  /** Keeps buffers that the kernel gets by address only from being collected before the call. */
  readonly #given: Buffer[] = [];
  #used = BATCH;
  #lost = false;

  private constructor(fd: number) {
    this.fd = fd;
  }

  /** Starts to listen. Returns the reason if that is impossible here. */
  static open(wanted: Wanted): Connector | {readonly unavailable: string} {
    const fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_CONNECTOR);
    if (fd === -1) return {unavailable: `the kernel has no process connector (${errnoName(errno())})`};
    try {
      const connector = new Connector(fd);
      const refused = connector.#listen(wanted);
      if (refused === null) return connector;
      closeSync(fd);
      return {unavailable: refused};
    } catch (error) {
      closeSync(fd);
      return {unavailable: `the process connector can't be used (${error instanceof Error ? error.message : '?'})`};
    }
  }

  /** Reads queued messages until none is left or at least `most` were read. */
  read(listener: (event: ConnectorEvent) => void, most = Infinity): Reading {
    for (let count = 0; count < most;) {
      const received = this.#receive(message => {
        if (message.type !== 'answer') listener(message);
      });
      count += received;
      if (received > 0) continue;
      const lost = this.#lost;
      this.#lost = false;
      return {more: false, lost};
    }
    return {more: true, lost: false};
  }

  close(): void {
    // Before Linux 6.6 the kernel counts listeners, and keeps sending while there were more of them than farewells.
    const farewell = listenMessage('ignore', 0);
    send(this.fd, farewell, farewell.length, 0);
    closeSync(this.fd);
  }

  /** Calls `listener` for each message of a batch. Returns the number of messages received, 0 if none was queued. */
  #receive(listener: (message: NonNullable<ReturnType<typeof decodeMessage>>) => void): number {
    for (;;) {
      this.#batch.reset(this.#used);
      const count = recvmmsg(this.fd, this.#batch.headers, BATCH, 0, null);
      this.#used = Math.max(count, 0);
      if (count > 0) {
        for (let i = 0; i < count; i++) {
          const bytes = this.#batch.message(i);
          const message = bytes === null ? null : decodeMessage(bytes);
          if (message !== null) listener(message);
        }
        return count;
      }
      const code = errnoName(errno());
      // The messages in the queue that overflowed can still be read; the kernel adds to it only once it is empty.
      if (code === 'ENOBUFS') this.#lost = true;
      else if (code !== 'EINTR') return 0;
    }
  }

  #listen(wanted: Wanted): string | null {
    this.#enlarge();
    this.#filter(wanted);
    const address = Buffer.alloc(ADDRESS_BYTES);
    address.writeUInt16LE(AF_NETLINK, 0);
    address.writeUInt32LE(CN_IDX_PROC, 8);
    if (bind(this.fd, address, address.length) === -1) return refusal(errnoName(errno()));
    const request = 1 + Math.floor(Math.random() * 0x7fff_fffe);
    const message = listenMessage('listen', request);
    if (send(this.fd, message, message.length, 0) === -1) return refusal(errnoName(errno()));
    const answer = this.#answerTo(request);
    if (answer === null) return `the process connector does not answer here: ${whySilent()}`;
    return answer === 0 ? null : refusal(errnoName(answer));
  }

  /**
   * Returns the error number in the kernel's answer, which arrives before send(2) returns, or null if there is no
   * answer: the kernel sends none to processes that it does not serve.
   */
  #answerTo(request: number): number | null {
    const answers: number[] = [];
    const hear = (): number =>
      this.#receive(one => {
        if (one.type === 'answer' && one.request === request + 1) answers.push(one.errno);
      });
    while (answers.length === 0 && hear() > 0);
    return answers[0] ?? null;
  }

  #enlarge(): void {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(BUFFER_BYTES);
    // Without CAP_NET_ADMIN the limit is net.core.rmem_max.
    if (setsockopt(this.fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, 4) === -1)
      setsockopt(this.fd, SOL_SOCKET, SO_RCVBUF, bytes, 4);
  }

  #filter(wanted: Wanted): void {
    const program = socketFilter(wanted);
    this.#given.push(program);
    const descriptor = Buffer.alloc(16); // struct sock_fprog
    descriptor.writeUInt16LE(program.length / 8, 0);
    descriptor.writeBigUInt64LE(koffi.address(program), 8);
    check(setsockopt(this.fd, SOL_SOCKET, SO_ATTACH_FILTER, descriptor, descriptor.length), 'setsockopt');
  }
}

/** The fixed inode numbers of the initial namespaces (linux/proc_ns.h). */
const INITIAL = {pid: 0xeffffffc, user: 0xeffffffd};

function whySilent(): string {
  try {
    for (const [name, inode] of Object.entries(INITIAL))
      if (statSync(`/proc/self/ns/${name}`).ino !== inode)
        return `it serves only the initial ${name} namespace, and this is another, as in a container`;
  } catch {
    return 'it serves only the initial pid and user namespaces, not containers';
  }
  return 'this kernel was built without its events (CONFIG_PROC_EVENTS)';
}

function refusal(code: string): string {
  switch (code) {
    case 'EPERM':
    case 'EACCES':
      return 'the process connector is only for root here (CAP_NET_ADMIN; since Linux 6.6, any user may listen)';
    case 'ECONNREFUSED':
      return 'the process connector serves only the initial network namespace, not containers';
    default:
      return `the process connector refused access (${code})`;
  }
}
