/** Receives the events of a log. */
import type {Stream} from '../../logs/layout.ts';

export interface LogListener {
  /** Bytes were moved to the log. */
  wrote(stream: Stream): void;
  rotated(): void;
  /** Writing fails (`ENOSPC`, ...), or has resumed (null). */
  held(stream: Stream, error: string | null): void;
  /** The file was removed, replaced or truncated, and writing continues at the path. */
  repaired(stream: Stream, message: string): void;
}
