/** One health check, as it is made: programs only so many at once in the whole fleet, since each costs a process. */
import type {RunErrand} from '../spawn/helper.ts';
import type {HealthOptions} from './health.ts';
import {checkOnce} from '../probes/index.ts';
import {Slots} from '../spawn/concurrency-limit.ts';
import type {Heart} from '../../supervisor/index.ts';

const PROGRAMS_AT_ONCE = 16;

export function createHealthCheck(heart: Heart, run: RunErrand): HealthOptions['check'] {
  const slots = new Slots(PROGRAMS_AT_ONCE);
  return (health, {id, number, worker}, signal) =>
    checkOnce(health, errand => slots.run(() => run({spec: heart.specOf(worker), id, number}, errand)), signal);
}
