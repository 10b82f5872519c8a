/** All checks of `brood doctor`, the gravest problems first: one file and one line each. */
import {deadlocks} from './checks/deadlocks.ts';
import {descriptors} from './checks/descriptors.ts';
import {disk} from './checks/disk.ts';
import {failed} from './checks/failed.ts';
import {flapping} from './checks/flapping.ts';
import {guarantees} from './checks/guarantees.ts';
import {orphans} from './checks/orphans.ts';
import {ports} from './checks/ports.ts';
import {storms} from './checks/storms.ts';
import {supervisor} from './checks/supervisor.ts';
import {survivors} from './checks/survivors.ts';
import {waiting} from './checks/waiting.ts';
import {watches} from './checks/watches.ts';
import {zombies} from './checks/zombies.ts';
import type {Check, FindingCheck, SupervisorCheck} from './target.ts';

/** Checks of the supervisor itself, whether it answers or not. */
export const SUPERVISOR_CHECKS: readonly SupervisorCheck[] = [supervisor];

export const FLEET_CHECKS: readonly Check[] = [
  disk,
  descriptors,
  survivors,
  ports,
  storms,
  failed,
  flapping,
  waiting,
  watches,
  guarantees,
];

/** Checks of processes, of a fleet or of the machine. */
export const FINDING_CHECKS: readonly FindingCheck[] = [deadlocks, zombies, orphans];
