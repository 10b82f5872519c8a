/** What a fleet's folder tells a controller that starts: what `up` asked for, and how far an earlier one had come. */
import type {ProcessId} from './attachment.ts';
import type {FleetSpec} from '../../fleet/types.ts';
import {withChanges} from '../../supervisor/index.ts';

/** `fleet.json`: written by `up`, privately, before the supervisor is started. */
export interface Launch {
  readonly name: string;
  readonly file: string | null;
  readonly dir: string;
  readonly id: string;
  /** A new one for each `up`. */
  readonly launch: string;
  readonly spec: FleetSpec;
  /** `--only`: what is to be started; null: everything. */
  readonly only: readonly string[] | null;
  /** A foreground `up` will attach itself: these processes. */
  readonly attached: boolean;
  readonly clients: readonly ProcessId[];
}

/** What is committed beside the core's own state. */
export interface Saved {
  readonly boot: string;
  /** The `up` whose fleet file was taken in. */
  readonly launch: string;
  /** What `up` was given beside the workers, for whoever finds no `fleet.json`; absent in a snapshot of an earlier version. */
  readonly fleet?: Pick<Launch, 'name' | 'file' | 'dir' | 'id'>;
  /** The number of the last journal record. */
  readonly seq: number;
  /** The copy of the programs that is current; absent in a snapshot of a version that did not note it. */
  readonly code?: string | null;
  /** The keeper's pid. */
  readonly keeper: number;
  /** The controller that wrote this; unknown of one of before. */
  readonly controller?: ProcessId;
  /** The fleet lives with a foreground `up`: these processes. */
  readonly attached: boolean;
  readonly clients: readonly ProcessId[];
  /** When the supervisor was first started (wall clock, ms). */
  readonly upSince: number;
}

/** One line of JSON, the core's, then those of the journal that are not written yet. */
export const encodeSaved = (saved: Saved, core: string, unwritten: string): string =>
  `${JSON.stringify(saved)}\n${core}${unwritten}`;

export interface Decoded {
  readonly saved: Saved;
  readonly core: string;
  readonly unwritten: string;
}

/**
 * The other way, with what has changed since; null where the text is of another boot: then nothing that it tells of is
 * left. Throws where it is none.
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
  // Its checksum was right: this program wrote it, though it may be one of before.
  const saved: Saved = {
    clients: [],
    ...(JSON.parse(text.slice(0, Math.max(0, text.indexOf('\n')))) as Omit<Saved, 'clients'>),
  };
  if (saved.boot !== boot) return null;
  const core = text.indexOf('\n') + 1;
  const end = text.indexOf('\n', core) + 1;
  return {saved, core: text.slice(core, end), unwritten: text.slice(end)};
}
