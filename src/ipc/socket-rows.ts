/** The kernel's record of one socket, from a message of sock_diag(7) or a line below /proc/net (proc_pid_net(5)). */
import {addressText} from './address.ts';

export interface InetRow {
  readonly inode: number;
  /** `127.0.0.1:80` */
  readonly local: string;
  /** Port 0: not connected. */
  readonly remote: string;
  readonly state: TcpState;
}

export interface UnixRow {
  readonly inode: number;
  readonly type: 'stream' | 'dgram' | 'seqpacket';
  readonly state: 'established' | 'listen' | 'unconnected';
  /** A path, or `@name` in the abstract namespace; untrusted. */
  readonly name: string | null;
  /** Inode of the peer; 0: no peer; null: not reported. */
  readonly peer: number | null;
  /** For a listening socket: sockets that are connected to it, but not accepted yet. */
  readonly pending: readonly number[];
}

const TCP_STATES = [
  'UNKNOWN',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT1',
  'FIN_WAIT2',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'CLOSING',
  'NEW_SYN_RECV',
] as const;
export type TcpState = (typeof TCP_STATES)[number];

const stateOf = (number: number): TcpState => TCP_STATES[number] ?? 'UNKNOWN';
const unixTypeOf = (number: number): UnixRow['type'] =>
  number === 2 ? 'dgram' : number === 5 ? 'seqpacket' : 'stream';

const AF_INET = 2;

const INET_BYTES = 72;

/** Parses struct inet_diag_msg: family 0, state 1, ports 4, addresses 8 and 24, inode 68. Null if truncated. */
export function inetRowOf(message: Buffer): InetRow | null {
  if (message.length < INET_BYTES) return null;
  const bytes = message[0] === AF_INET ? 4 : 16;
  const endpoint = (address: number, port: number): string =>
    `${addressText(message.toString('latin1', address, address + bytes))}:${message.readUInt16BE(port)}`;
  return {
    inode: message.readUInt32LE(68),
    local: endpoint(8, 4),
    remote: endpoint(24, 6),
    state: stateOf(message[1] ?? 0),
  };
}

/** Parses a line of `/proc/net/tcp`, `udp` and the like. Returns null if it is none. */
export function inetRowOfLine(line: string): InetRow | null {
  const [slot = '', local = '', remote = '', state = '', , , , , , inode] = line.trim().split(/\s+/);
  if (!/^\d+:$/.test(slot) || inode === undefined) return null;
  return {
    inode: Number(inode),
    local: endpointOfHex(local),
    remote: endpointOfHex(remote),
    state: stateOf(parseInt(state, 16)),
  };
}

/** Words of 32 bits in the machine's byte order, which is taken to be little-endian. */
function endpointOfHex(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const bytes = Buffer.from(address, 'hex');
  if (bytes.length === 4 || bytes.length === 16) bytes.swap32();
  return `${addressText(bytes.toString('latin1'))}:${parseInt(port, 16)}`;
}

const ATTRIBUTE_NAME = 0;
const ATTRIBUTE_PEER = 2;
const ATTRIBUTE_PENDING = 3;
const LISTEN = 10;
const ESTABLISHED = 1;

const UNIX_BYTES = 16;

/** Parses struct unix_diag_msg: type 1, state 2, inode 4; attributes from 16 on. Null if truncated. */
export function unixRowOf(message: Buffer): UnixRow | null {
  if (message.length < UNIX_BYTES) return null;
  let name: string | null = null;
  let peer = 0;
  let pending: number[] = [];
  for (let at = UNIX_BYTES; at + 4 <= message.length;) {
    const length = message.readUInt16LE(at);
    if (length < 4) break;
    const type = message.readUInt16LE(at + 2);
    const value = message.subarray(at + 4, at + length);
    if (type === ATTRIBUTE_NAME) name = socketName(value);
    else if (type === ATTRIBUTE_PEER && value.length >= 4) peer = value.readUInt32LE(0);
    else if (type === ATTRIBUTE_PENDING)
      pending = Array.from({length: value.length >> 2}, (_, i) => value.readUInt32LE(i * 4));
    at += (length + 3) & ~3;
  }
  const state = message[2];
  return {
    inode: message.readUInt32LE(4),
    type: unixTypeOf(message[1] ?? 0),
    state: state === LISTEN ? 'listen' : state === ESTABLISHED ? 'established' : 'unconnected',
    name,
    peer,
    pending: pending.filter(inode => inode !== 0),
  };
}

/** Returns the name. In the abstract namespace it begins with a zero byte and may contain more of them (unix(7)). */
function socketName(bytes: Buffer): string | null {
  if (bytes.length === 0) return null;
  if (bytes[0] !== 0) return bytes.toString().replace(/\0.*/s, '');
  return bytes.toString().replaceAll('\0', '@');
}

const ACCEPTS = 0x10000;
const CONNECTED = 3;

/**
 * Parses `/proc/net/unix` (one character per byte), by inode; the file does not show peers. A name may contain a line
 * that looks like one of the kernel's: if two lines are about one socket, neither name is used.
 */
export function unixRowsOfText(text: string): Map<number, UnixRow> {
  const rows = new Map<number, UnixRow>();
  const parts = text.split(/^([\da-f]{8,16}): ([\da-f]{8}) [\da-f]{8} ([\da-f]{8}) ([\da-f]{4}) ([\da-f]{2}) +(\d+)/m);
  for (let i = 1; i + 6 < parts.length; i += 7) {
    const [flags = '', type = '', state = '', number = '', rest = ''] = parts.slice(i + 2, i + 7);
    const inode = Number(number);
    const isDoubtful = rows.has(inode);
    const name = rest.startsWith(' ') ? Buffer.from(rest.slice(1).replace(/\n$/, ''), 'latin1').toString() : null;
    const isConnected = parseInt(state, 16) === CONNECTED;
    rows.set(inode, {
      inode,
      type: unixTypeOf(parseInt(type, 16)),
      state: (parseInt(flags, 16) & ACCEPTS) !== 0 ? 'listen' : isConnected ? 'established' : 'unconnected',
      name: isDoubtful ? null : name,
      peer: null,
      pending: [],
    });
  }
  return rows;
}
