/** Who is told what comes of a log. */
import type {Stream} from '../../logs/layout.ts';

export interface LogListener {
  /** Bytes came in. */
  wrote(stream: Stream): void;
  rotated(): void;
  /** Writing fails (`ENOSPC`, ...), or goes on again (null). */
  held(stream: Stream, error: string | null): void;
  /** The file was not any more what was being written to, and is again. */
  repaired(stream: Stream, message: string): void;
}
