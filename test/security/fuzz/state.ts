/** Parsers of a fleet's folder and socket: written by brood itself, by clients, and damaged by bad disks. */
import {folderFiles} from './state/folder.ts';
import {journal, timeIndex} from './state/journal.ts';
import {keeperArguments, spawnRecord} from './state/keeper.ts';
import {lineCutter, lineSplitter, linkLines} from './state/lines.ts';
import {protocol} from './state/protocol.ts';
import {snapshot, snapshotFile, snapshotRecord} from './state/snapshot.ts';
import type {Target} from './target.ts';

export const stateTargets: readonly Target[] = [
  protocol,
  lineSplitter,
  linkLines,
  spawnRecord,
  journal,
  snapshotRecord,
  snapshotFile,
  snapshot,
  folderFiles,
  keeperArguments,
  timeIndex,
  lineCutter,
];
