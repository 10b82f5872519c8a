/** A snapshot from which this version can't continue. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  /** `version`: written by another version of brood. `malformed`: not a snapshot, or a damaged one. */
  readonly code: 'version' | 'malformed';

  constructor(code: SnapshotError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
