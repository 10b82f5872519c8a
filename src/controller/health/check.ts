/** One health check. The programs that run at once in the whole fleet are limited, since each costs a process. */
import type {RunHelper} from '../spawn/helper.ts';
import type {HealthOptions} from './health.ts';
import {checkOnce} from '../probes/index.ts';
import {ConcurrencyLimit} from '../spawn/concurrency-limit.ts';
import type {Core} from '../../supervisor/index.ts';

const PROGRAMS_AT_ONCE = 16;

export function createHealthCheck(core: Core, run: RunHelper): HealthOptions['check'] {
  const slots = new ConcurrencyLimit(PROGRAMS_AT_ONCE);
  return (health, {id, number, worker}, signal) =>
    checkOnce(health, helper => slots.run(() => run({spec: core.specOf(worker), id, number}, helper)), signal);
}
