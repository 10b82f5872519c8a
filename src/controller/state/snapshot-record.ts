/**
 * The records in a half of the snapshot: one whole state, then changes to it, each with a number and a checksum. A
 * change counts if its number follows the one before.
 */
import {createHash} from 'node:crypto';

const WHOLE = 'BROODSN2';
const CHANGE = 'BROODCH2';
/** Written by an earlier version, which had no changes. */
const EARLIER = 'BROODSN1';
/** Magic 8, number 8, length 4, checksum 20. */
export const HEADER_BYTES = 40;

export interface SnapshotRecord {
  readonly isWhole: boolean;
  readonly number: bigint;
  readonly text: string;
  /** Length including the header. */
  readonly bytes: number;
}

/** Guards against torn writes, not against attackers: the fastest that Node 20 has everywhere (0.6 ms for 500 KB). */
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

/** Decodes the record at an offset. Returns null if nothing was written there, or something that is no record. */
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

/** Returns the number of a half's whole state, from the header alone: the rest may not be completely written yet. */
export function numberOfWhole(header: Buffer): bigint | null {
  const isWhole = header.length >= HEADER_BYTES && header.toString('latin1', 0, 8) === WHOLE;
  return isWhole ? header.readBigUInt64LE(8) : null;
}
