/** Options of `brood top`. */
import type {ReadStream, WriteStream} from 'node:tty';

export interface TopOptions {
  /** Null: only the machine. */
  readonly fleet: {readonly folder: string; readonly name: string} | null;
  readonly intervalMs: number;
  readonly readOnly: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly input: ReadStream;
  readonly output: WriteStream;
}
