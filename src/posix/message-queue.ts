/** How full a POSIX message queue is (mq_overview(7)). */
import {closeSync, constants, openSync, readSync} from 'node:fs';
import {libc} from './libc.ts';

const getAttributes = libc<[number, Buffer]>('int mq_getattr(int queue, void *attributes)');

export interface QueueState {
  readonly messages: number | null;
  /** Null where it can't be told. */
  readonly bytes: number | null;
  readonly maxMessages: number | null;
  readonly maxMessageBytes: number | null;
}

const number = (attributes: Buffer, index: number): number => Number(attributes.readBigInt64LE(index * 8));

/** What the file of a queue says of the bytes in it; null: nothing. */
export function queuedBytesIn(text: string): number | null {
  const size = /QSIZE:(\d+)/.exec(text)?.[1];
  return size === undefined ? null : Number(size);
}

/** Of the queue behind a path: its file, or a descriptor in /proc. Null where it may not be read. */
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
    // struct mq_attr of 64-bit systems: flags, most messages, most bytes of one, messages
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

/** C libraries before glibc 2.34 have that function in a library that Node does not load. */
function attributesOf(fd: number, attributes: Buffer): boolean {
  try {
    return getAttributes(fd, attributes) === 0;
  } catch {
    return false;
  }
}
