/** The deciding part: the core, the engine that drives it, and the files for its state and events. */
import type {EventRecord} from '../../journal/record.ts';
import {Journal} from '../../journal/writer.ts';
import type {Welcome} from '../../link/facts.ts';
import {bootId} from '../../process/proc-files.ts';
import {startTimeOf} from '../../process/stat.ts';
import type {Core} from '../../supervisor/index.ts';
import type {Effect} from '../../supervisor/types.ts';
import type {KeeperLink} from '../keeper/link.ts';
import {readLaunch} from '../start/read-launch.ts';
import {beginCore, type Beginning} from '../start/restore.ts';
import {Attachment} from '../state/attachment.ts';
import type {Launch} from '../state/launch.ts';
import {SnapshotFile} from '../state/snapshot-file.ts';
import {Engine} from '../turn/engine.ts';
import {CurrentCode} from '../turn/installed-code.ts';
import {LastEnds} from '../turn/last-ends.ts';
import {SignalFailures} from '../turn/signal-failures.ts';

export interface DecisionsOptions {
  readonly folder: string;
  readonly version: string;
  readonly link: KeeperLink;
  readonly welcome: Welcome;
  /** Called when another controller has committed: this one must not decide any more. */
  readonly superseded: () => void;
  /** Called for each journal record once it is written or the write has failed. */
  readonly announce: (record: EventRecord) => void;
  /** Carries out the effects of one turn. */
  readonly carryOut: (decided: readonly Effect[]) => void;
}

export interface Decisions extends Pick<DecisionsOptions, 'folder' | 'version' | 'link' | 'welcome'> {
  readonly launch: Launch;
  readonly beginning: Beginning;
  readonly core: Core;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly snapshot: SnapshotFile;
  readonly code: CurrentCode;
  readonly attachment: Attachment;
  readonly signalFailures: SignalFailures;
  readonly lastEnds: LastEnds;
  /** When the supervisor was first started (wall clock, ms). */
  readonly upSince: number;
  /** Stops everything in order, or at once. */
  readonly down: (atOnce: boolean) => void;
}

/** Throws NoLaunchError if the folder does not define the fleet. */
export function createDecisions(options: DecisionsOptions): Decisions {
  const {folder, version, link, welcome, superseded, announce, carryOut} = options;
  const boot = bootId();
  const snapshot = new SnapshotFile(folder);
  const launch = readLaunch(folder, snapshot, boot);
  const beginning = beginCore(launch, snapshot, boot);
  const {core, saved} = beginning;
  const journal = new Journal(folder, announce);
  const upSince = saved?.upSince ?? welcome.startedAt;
  const controller = {pid: process.pid, startTime: startTimeOf(process.pid) ?? ''};
  const engine = new Engine({
    core,
    snapshot,
    journal,
    saved: () => ({
      boot,
      launch: launch.launch,
      fleet: {name: launch.name, file: launch.file, dir: launch.dir, id: launch.id},
      code: code.name,
      keeper: welcome.keeper,
      controller,
      ...attachment.saved,
      upSince,
    }),
    carryOut,
    isCurrent: () => process.ppid === welcome.keeper,
    superseded,
  });
  const down = (atOnce: boolean): void => {
    if (atOnce || !core.isStopping) engine.feed({type: 'down', now: atOnce});
  };
  const code = new CurrentCode(welcome.code, version, event => engine.note(event));
  const attachment = new Attachment(saved?.launch === launch.launch ? saved : launch, () => down(false));
  const signalFailures = new SignalFailures(core, event => engine.note(event));
  const decided = {launch, beginning, core, engine, journal, snapshot, code, attachment, signalFailures};
  return {folder, version, link, welcome, ...decided, lastEnds: new LastEnds(), upSince, down};
}
