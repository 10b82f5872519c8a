/** Every kind of problem that `brood doctor` looks for, the gravest first: one file and one line each. */
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

/** What may be wrong with the supervisor itself, whether it answers or not. */
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

/** What may be wrong among processes, of a fleet or of the machine. */
export const FINDING_CHECKS: readonly FindingCheck[] = [deadlocks, zombies, orphans];
