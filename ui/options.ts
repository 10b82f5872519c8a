/** What `brood top` shows, and where. */
import type {ReadStream, WriteStream} from 'node:tty';

export interface TopOptions {
  /** Null: the machine alone. */
  readonly fleet: {readonly folder: string; readonly name: string} | null;
  readonly intervalMs: number;
  readonly readOnly: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly input: ReadStream;
  readonly output: WriteStream;
}
