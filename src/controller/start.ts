/** What a fleet's folder tells a controller that starts: what `up` asked for, and how far an earlier one had come. */
import {readFileSync} from 'node:fs';
import {inFolder} from '../control/folder.ts';
import type {FleetSpec} from '../fleet/types.ts';

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
  /** A foreground `up` will attach itself. */
  readonly attached: boolean;
}

/** Throws where there is none: then the controller was not started by `up`. */
export function readLaunch(folder: string): Launch {
  return JSON.parse(readFileSync(inFolder.fleet(folder), 'utf8')) as Launch; // written by this program, in a private folder
}

/** What is committed beside the heart's own state. */
export interface Saved {
  readonly boot: string;
  /** The `up` whose fleet file was taken in. */
  readonly launch: string;
  /** The number of the last journal record. */
  readonly seq: number;
  /** The keeper's pid. */
  readonly keeper: number;
  /** The fleet lives with a foreground `up`. */
  readonly attached: boolean;
  /** When the supervisor was first started (wall clock, ms). */
  readonly upSince: number;
}

/** One line of JSON, then the heart's. */
export const encodeSaved = (saved: Saved, heart: string): string => `${JSON.stringify(saved)}\n${heart}`;

/** The other way; null where the text is none, or of another boot: then nothing that it tells of is left. */
export function decodeSaved(text: string | null, boot: string): {saved: Saved; heart: string} | null {
  const end = text?.indexOf('\n') ?? -1;
  if (text === null || end < 0) return null;
  try {
    const saved = JSON.parse(text.slice(0, end)) as Saved; // its checksum was right: this program wrote it
    return saved.boot === boot ? {saved, heart: text.slice(end + 1)} : null;
  } catch {
    return null;
  }
}
