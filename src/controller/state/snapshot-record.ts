/**
 * What a half of the snapshot is made of: one whole state, and then changes to it, each with a number and a checksum. A
 * change counts if its number follows that of the one before.
 */
import {createHash} from 'node:crypto';

const WHOLE = 'BROODSN2';
const CHANGE = 'BROODCH2';
/** As an earlier version wrote it, which knew no changes. */
const EARLIER = 'BROODSN1';
/** Magic 8, number 8, length 4, checksum 20. */
export const HEADER_BYTES = 40;

export interface SnapshotRecord {
  readonly isWhole: boolean;
  readonly number: bigint;
  readonly text: string;
  /** With its header. */
  readonly bytes: number;
}

/** Against torn writes and not against anybody: of what Node 20 has everywhere, the fastest (0.6 ms for 500 KB). */
const checksum = (number: bigint, body: Buffer): Buffer =>
  createHash('sha1').update(number.toString()).update(body).digest();

export function encodeRecord({isWhole, number, text}: Omit<SnapshotRecord, 'bytes'>): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + length);
  bytes.write(isWhole ? WHOLE : CHANGE, 0, 'latin1');
  bytes.writeBigUInt64LE(number, 8);
  bytes.writeUInt32LE(length, 16);
  bytes.write(text, HEADER_BYTES);
  checksum(number, bytes.subarray(HEADER_BYTES)).copy(bytes, 20);
  return bytes;
}

/** What stands at that place; null where nothing was written, or something that is no record. */
export function decodeRecord(bytes: Buffer, at: number): SnapshotRecord | 'damaged' | null {
  const header = bytes.subarray(at, at + HEADER_BYTES);
  const magic = header.toString('latin1', 0, 8);
  const isWhole = magic === WHOLE || magic === EARLIER;
  if (!isWhole && magic !== CHANGE) return null;
  if (header.length < HEADER_BYTES) return 'damaged';
  const number = header.readBigUInt64LE(8);
  const length = header.readUInt32LE(16);
  const body = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
  if (body.length < length) return 'damaged';
  if (!checksum(number, body).equals(header.subarray(20))) return 'damaged';
  return {isWhole, number, text: body.toString(), bytes: HEADER_BYTES + length};
}

/** The number of the whole state that a half begins with, by its header alone: it may be in the middle of being written. */
export function numberOfWhole(header: Buffer): bigint | null {
  const isWhole = header.length >= HEADER_BYTES && header.toString('latin1', 0, 8) === WHOLE;
  return isWhole ? header.readBigUInt64LE(8) : null;
}
