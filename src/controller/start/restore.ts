/** The state with which a controller begins. */
import {messageOf} from '../../base/errors.ts';
import {coreOptions} from '../turn/core-options.ts';
import type {SnapshotFile} from '../state/snapshot-file.ts';
import {decodeFound, type Launch, type Saved} from '../state/launch.ts';
import {createCore, restoreCore, type Core} from '../../supervisor/index.ts';
import type {Effect} from '../../supervisor/types.ts';

export interface Beginning {
  readonly core: Core;
  /** Effects that an earlier controller may not have carried out. */
  readonly effects: readonly Effect[];
  /** What it committed besides the core; null if there was none in this boot. */
  readonly saved: Saved | null;
  /** Journal lines that it committed and may not have written. */
  readonly unwritten: string;
  /** The fleet was stopped, or being stopped, when another `up` requested it: everything must be started. */
  readonly stopped: boolean;
  /** What was wrong with the snapshot and how it was handled, or null if it was intact. */
  readonly repaired: string | null;
}

/** Restores what an earlier controller of this boot committed, or creates the fleet that was given to `up`. */
export function beginCore(launch: Launch, snapshot: SnapshotFile, boot: string): Beginning {
  const {text, changes, damaged} = snapshot.readSnapshot();
  const anew = (repaired: string | null): Beginning => ({
    core: createCore(launch.spec, coreOptions),
    effects: [],
    saved: null,
    unwritten: '',
    stopped: false,
    repaired,
  });
  if (text === null && damaged === 0) return anew(null);
  try {
    if (text === null) throw new Error('both halves are damaged');
    return (
      goOn(
        launch,
        {text, changes},
        boot,
        damaged > 0 ? 'one of its halves was incomplete; the other one is intact' : null,
      ) ?? anew(null)
    );
  } catch (error) {
    // Every controller would fail on it. The keeper's records have what runs; all else starts as in the file.
    const why = messageOf(error);
    const kept = snapshot.setAside();
    return anew(
      `${why}. It is kept as ${kept.join(' and ')}. The fleet continues from its file: running workers were adopted; stops, scaling and additions by command, and restart counts, are lost`,
    );
  }
}

/** Checks that the state of another controller can be restored. Changes nothing. Throws the error that prevents it. */
export function tryCore(launch: Launch, snapshot: SnapshotFile, boot: string): void {
  const {text, changes} = snapshot.readSnapshot();
  if (text !== null) goOn(launch, {text, changes}, boot, null);
}

/** Returns null if the text is of another boot. Throws SnapshotError, or errors of JSON.parse. */
function goOn(
  launch: Launch,
  {text, changes}: {text: string; changes: readonly string[]},
  boot: string,
  repaired: string | null,
): Beginning | null {
  const found = decodeFound(text, changes, boot);
  if (!found) return null;
  const {saved, core, unwritten} = found;
  const restored = restoreCore(core, coreOptions);
  const stopped = saved.launch !== launch.launch && restored.core.isStopping;
  return {...(stopped ? restoreCore(core, coreOptions, true) : restored), saved, unwritten, stopped, repaired};
}
