/** What a starting controller reads from the folder: what `up` requested, and the state of an earlier controller. */
import type {ProcessId} from './attachment.ts';
import type {FleetSpec} from '../../fleet/types.ts';
import {withChanges} from '../../supervisor/index.ts';

/** `fleet.json`: written by `up`, privately, before the supervisor is started. */
export interface Launch {
  readonly name: string;
  readonly file: string | null;
  readonly dir: string;
  readonly id: string;
  /** Unique for each `up`. */
  readonly launch: string;
  readonly spec: FleetSpec;
  /** `--only`: the workers to start; null for all. */
  readonly only: readonly string[] | null;
  /** A foreground `up` will attach: these processes. */
  readonly attached: boolean;
  readonly clients: readonly ProcessId[];
}

/** What is committed besides the core's own state. */
export interface Saved {
  readonly boot: string;
  /** The `up` whose fleet file was applied. */
  readonly launch: string;
  /** What `up` was given besides the workers, if `fleet.json` is lost; absent in a snapshot of an earlier version. */
  readonly fleet?: Pick<Launch, 'name' | 'file' | 'dir' | 'id'>;
  /** The number of the last journal record. */
  readonly seq: number;
  /** The current copy of the programs; absent in a snapshot of a version that did not record it. */
  readonly code?: string | null;
  /** The keeper's pid. */
  readonly keeper: number;
  /** The controller that wrote this; absent in a snapshot of an earlier version. */
  readonly controller?: ProcessId;
  /** The fleet is tied to a foreground `up`: these processes. */
  readonly attached: boolean;
  readonly clients: readonly ProcessId[];
  /** When the supervisor was first started (wall clock, ms). */
  readonly upSince: number;
}

/** One line of JSON, one line of the core, then the journal lines that are not written yet. */
export const encodeSaved = (saved: Saved, core: string, unwritten: string): string =>
  `${JSON.stringify(saved)}\n${core}${unwritten}`;

export interface Decoded {
  readonly saved: Saved;
  readonly core: string;
  readonly unwritten: string;
}

/**
 * Decodes a state and the changes since. Returns null if the text is of another boot: then nothing that it describes is
 * left. Throws if the text is not a state.
 */
export function decodeFound(text: string, changes: readonly string[], boot: string): Decoded | null {
  const whole = decodeSaved(text, boot);
  if (whole === null) return null;
  const later = changes.map(change => decodeSaved(change, boot)).filter(change => change !== null);
  const core = withChanges(
    whole.core,
    later.map(change => change.core),
  );
  return {...(later.at(-1) ?? whole), core};
}

function decodeSaved(text: string, boot: string): Decoded | null {
  // The checksum was right, so this program wrote it, though perhaps an earlier version.
  const saved: Saved = {
    clients: [],
    ...(JSON.parse(text.slice(0, Math.max(0, text.indexOf('\n')))) as Omit<Saved, 'clients'>),
  };
  if (saved.boot !== boot) return null;
  const core = text.indexOf('\n') + 1;
  const end = text.indexOf('\n', core) + 1;
  return {saved, core: text.slice(core, end), unwritten: text.slice(end)};
}
