/** One half of the snapshot on disk: a whole state, followed by its changes. */
import {hasCode} from '../../base/errors.ts';
import {decodeRecord, HEADER_BYTES, type SnapshotRecord} from './snapshot-record.ts';
import {readFileSync} from 'node:fs';

export type Half = 0 | 1;

export const HALVES: readonly Half[] = [0, 1];

/** The contents of a half. */
export interface Held {
  readonly whole: SnapshotRecord;
  readonly changes: readonly SnapshotRecord[];
}

/** Reads a half. Returns `empty` until the first snapshot is written to it. */
export function readHalf(path: string, take: (header: Buffer) => void): Held | 'empty' | 'damaged' {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return hasCode(error, 'ENOENT') ? 'empty' : 'damaged';
  }
  const header = bytes.subarray(0, HEADER_BYTES);
  take(Buffer.from(header));
  if (header.every(byte => byte === 0)) return 'empty';
  const whole = decodeRecord(bytes, 0);
  if (whole === null || whole === 'damaged' || !whole.isWhole) return 'damaged';
  const changes: SnapshotRecord[] = [];
  let end = whole.bytes;
  for (let number = whole.number + 1n; ; number++) {
    const change = decodeRecord(bytes, end);
    // A torn change, or one that an earlier generation has left there.
    if (change === null || change === 'damaged' || change.isWhole || change.number !== number) return {whole, changes};
    changes.push(change);
    end += change.bytes;
  }
}

export const lastOf = ({whole, changes}: Held): bigint => (changes.at(-1) ?? whole).number;
