/** The table of all blows. */
import type {Blow} from './blow.ts';
import {restartSome, scaleOne, startSome, stopSome} from './blows/commands.ts';
import {fillDisk} from './blows/disk.ts';
import {editAndApply} from './blows/edit.ts';
import {floodSocket} from './blows/flood.ts';
import {killParts} from './blows/kill-parts.ts';
import {signalParts, stopParts} from './blows/signals.ts';
import {upgrade} from './blows/upgrade.ts';
import {killWorkers, pauseWorkers, signalWorkers} from './blows/workers.ts';

export const BLOWS: readonly Blow[] = [
  killParts(6, 'keeper'),
  killParts(6, 'controller'),
  killParts(2, 'anchor'),
  killParts(5, 'keeper', 'controller'),
  killParts(2, 'anchor', 'keeper'),
  killParts(2, 'anchor', 'controller'),
  killParts(4, 'anchor', 'keeper', 'controller'),
  killWorkers,
  signalWorkers,
  pauseWorkers,
  signalParts,
  stopParts,
  fillDisk,
  floodSocket,
  editAndApply,
  stopSome,
  startSome,
  restartSome,
  scaleOne,
  upgrade,
];
