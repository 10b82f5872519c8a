/**
 * Messages of the kernel's process connector (linux/netlink.h, connector.h, cn_proc.h): a netlink header, a connector
 * header, one event of one thread; all in the byte order of the machine, which is little-endian wherever Node runs on
 * Linux but s390x. Nothing here calls the kernel.
 */

/** One event. `pid` is the id of a thread, `tgid` that of its process. */
export type ConnectorEvent = {
  /** CLOCK_MONOTONIC, ms. */
  readonly time: number;
} & (
  | {readonly type: 'fork'; readonly parent: number; readonly pid: number; readonly tgid: number}
  | {readonly type: 'exec'; readonly pid: number; readonly tgid: number}
  | {readonly type: 'setsid'; readonly pid: number; readonly tgid: number}
  | {readonly type: 'comm'; readonly pid: number; readonly tgid: number; readonly name: string}
  | {
      readonly type: 'exit';
      readonly pid: number;
      readonly tgid: number;
      /** A status of wait(2). */
      readonly status: number;
      /** Its parent at that moment; 0: not reported (before Linux 4.18). */
      readonly parent: number;
    }
);

/** The answer to a request to listen. */
export interface ConnectorAnswer {
  readonly type: 'answer';
  /** The number of the request it answers, plus 1. All listeners receive every answer. */
  readonly request: number;
  /** 0, or the error with which the kernel refuses. */
  readonly errno: number;
}

const NETLINK_BYTES = 16;
const CONNECTOR_BYTES = 20;
const EVENT = NETLINK_BYTES + CONNECTOR_BYTES;
/** Offset of the union of all events. */
const DATA = EVENT + 16;
const NLMSG_DONE = 3;
const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;

const NONE = 0;
const FORK = 1;
const EXEC = 2;
const SID = 0x80;
const COMM = 0x200;
const EXIT = 0x80000000;

const COMM_BYTES = 16;

/** Bytes that each type of event needs from `DATA` on. */
const NEEDS = new Map([
  [NONE, 4],
  [FORK, 16],
  [EXEC, 8],
  [SID, 8],
  [COMM, 8 + COMM_BYTES],
  [EXIT, 16],
]);

/**
 * Decodes one message. Returns null if it is not the process connector's, is truncated, or has a type that is not used
 * here.
 */
export function decodeMessage(message: Buffer): ConnectorEvent | ConnectorAnswer | null {
  if (message.length < DATA || message.readUInt32LE(0) > message.length) return null;
  if (message.readUInt32LE(16) !== CN_IDX_PROC || message.readUInt32LE(20) !== CN_VAL_PROC) return null;
  const what = message.readUInt32LE(EVENT);
  const end = Math.min(message.readUInt32LE(0), EVENT + message.readUInt16LE(32));
  if (end < DATA + (NEEDS.get(what) ?? Infinity)) return null;
  const word = (index: number): number => message.readUInt32LE(DATA + 4 * index);
  const time = message.readUInt32LE(EVENT + 8) / 1e6 + message.readUInt32LE(EVENT + 12) * (2 ** 32 / 1e6);
  switch (what) {
    case NONE:
      return {type: 'answer', request: message.readUInt32LE(28), errno: word(0)};
    case FORK:
      return {type: 'fork', time, parent: word(1), pid: word(2), tgid: word(3)};
    case EXEC:
      return {type: 'exec', time, pid: word(0), tgid: word(1)};
    case SID:
      return {type: 'setsid', time, pid: word(0), tgid: word(1)};
    case COMM:
      return {type: 'comm', time, pid: word(0), tgid: word(1), name: nameAt(message, DATA + 8)};
    case EXIT:
      return {
        type: 'exit',
        time,
        pid: word(0),
        tgid: word(1),
        status: word(2),
        parent: end >= DATA + 24 ? word(5) : 0,
      };
    default:
      return null;
  }
}

function nameAt(message: Buffer, start: number): string {
  const bytes = message.subarray(start, start + COMM_BYTES);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? COMM_BYTES : end);
}

export type Listening = 'listen' | 'ignore';

/** Returns a message that requests events, or ends the request. The answer has `request + 1`. */
export function listenMessage(what: Listening, request: number): Buffer {
  const message = Buffer.alloc(NETLINK_BYTES + CONNECTOR_BYTES + 4);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(NLMSG_DONE, 4);
  message.writeUInt32LE(CN_IDX_PROC, 16);
  message.writeUInt32LE(CN_VAL_PROC, 20);
  message.writeUInt32LE(request, 28);
  message.writeUInt16LE(4, 32);
  message.writeUInt32LE(what === 'listen' ? 1 : 2, 36);
  return message;
}

/** Events of threads that pass the filter, besides those that concern whole processes. */
export interface Wanted {
  /** Ends of threads that do not lead their process. */
  readonly threadEnds: boolean;
  /** setsid and changes of name. */
  readonly changes: boolean;
}

const LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
const COPY_TO_X = 0x07; // BPF_MISC | BPF_TAX
const IF_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
const IF_EQUAL_X = 0x1d; // BPF_JMP | BPF_JEQ | BPF_X
const RETURN = 0x06;

type Instruction = readonly [code: number, then: number, otherwise: number, operand: number];

/** Swaps the bytes of a word: the filter loads words in network byte order. */
const swapped = (word: number): number => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(word);
  return bytes.readUInt32BE();
};

/** Accepts a message if two of its words, the ids of thread and process, are equal: the thread leads its process. */
const takeLeader = (first: number, second: number): Instruction[] => [
  [LOAD_WORD, 0, 0, first],
  [COPY_TO_X, 0, 0, 0],
  [LOAD_WORD, 0, 0, second],
  [IF_EQUAL_X, 0, 1, 0],
  [RETURN, 0, 0, 0xffff],
  [RETURN, 0, 0, 0],
];

/**
 * Returns a filter for the socket (BPF, linux/filter.h): most events of a machine are of threads, and unwanted ones are
 * not even queued.
 */
export function socketFilter({threadEnds, changes}: Wanted): Buffer {
  const program: Instruction[] = [[LOAD_WORD, 0, 0, EVENT]];
  const whole = (what: number): number => program.push([IF_EQUAL, 0, 1, swapped(what)], [RETURN, 0, 0, 0xffff]);
  const leaders = (what: number, first: number): number => {
    const taken = takeLeader(first, first + 4);
    return program.push([IF_EQUAL, 0, taken.length, swapped(what)], ...taken);
  };
  leaders(FORK, DATA + 8);
  if (threadEnds) whole(EXIT);
  else leaders(EXIT, DATA);
  whole(EXEC);
  if (changes) {
    whole(SID);
    leaders(COMM, DATA);
  }
  whole(NONE);
  program.push([RETURN, 0, 0, 0]);
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, then, otherwise, operand], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(then, index * 8 + 2);
    bytes.writeUInt8(otherwise, index * 8 + 3);
    bytes.writeUInt32LE(operand, index * 8 + 4);
  });
  return bytes;
}
