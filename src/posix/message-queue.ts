/** The fill level of a POSIX message queue (mq_overview(7)). */
import {closeSync, constants, openSync, readSync} from 'node:fs';
import {libc} from './libc.ts';

const getAttributes = libc<[number, Buffer]>('int mq_getattr(int queue, void *attributes)');

export interface QueueState {
  readonly messages: number | null;
  /** Null if it is unknown. */
  readonly bytes: number | null;
  readonly maxMessages: number | null;
  readonly maxMessageBytes: number | null;
}

const number = (attributes: Buffer, index: number): number => Number(attributes.readBigInt64LE(index * 8));

/** Returns the number of bytes in a queue according to the text of its file, or null if the text has none. */
export function queuedBytesIn(text: string): number | null {
  const size = /QSIZE:(\d+)/.exec(text)?.[1];
  return size === undefined ? null : Number(size);
}

/** Returns the state of the queue behind a path (its file, or a descriptor in /proc), or null if it may not be read. */
export function queueState(path: string): QueueState | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    const text = Buffer.alloc(256);
    const bytes = queuedBytesIn(text.toString('latin1', 0, readSync(fd, text, 0, text.length, 0)));
    // struct mq_attr of 64-bit systems: flags, maximum messages, maximum bytes of a message, current messages
    const attributes = Buffer.alloc(64);
    const told = attributesOf(fd, attributes);
    return {
      bytes,
      messages: told ? number(attributes, 3) : null,
      maxMessages: told ? number(attributes, 1) : null,
      maxMessageBytes: told ? number(attributes, 2) : null,
    };
  } catch {
    return null;
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads the attributes of a queue. Returns false on failure: before glibc 2.34, mq_getattr(3) is in a library that Node
 * does not load.
 */
function attributesOf(fd: number, attributes: Buffer): boolean {
  try {
    return getAttributes(fd, attributes) === 0;
  } catch {
    return false;
  }
}
