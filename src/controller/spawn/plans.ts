/**
 * Plans of runs that need to read files which are not the supervisor's own. Other runs are started and stopped
 * meanwhile; a run that is to end before its plan is made is never ordered.
 */
import {errorCode, messageOf} from '../../base/errors.ts';
import type {SpawnPlan, SpawnSubject} from './spawn-order.ts';

export interface SpawnPlansHost {
  readonly plan: (subject: SpawnSubject) => Promise<SpawnPlan>;
  readonly planned: (token: string, plan: SpawnPlan) => void;
}

const CALLED_OFF: SpawnPlan = {failure: {code: 'ECANCELED', message: 'stopped before it was started'}};

export class SpawnPlans {
  readonly #host: SpawnPlansHost;
  readonly #underWay = new Set<string>();

  constructor(host: SpawnPlansHost) {
    this.#host = host;
  }

  begin(subject: SpawnSubject): void {
    const {token} = subject;
    this.#underWay.add(token);
    void this.#host
      .plan(subject)
      .catch((error: unknown): SpawnPlan => {
        const code = errorCode(error);
        return {failure: {code, message: messageOf(error)}};
      })
      .then(plan => {
        if (this.#underWay.delete(token)) this.#host.planned(token, plan);
      });
  }

  /** Drops the plan of a run that has already begun and ended: the run is not ordered. */
  drop(token: string): void {
    this.#underWay.delete(token);
  }

  /** Cancels the start of a run. Returns whether it was never ordered; this is reported as a failed start. */
  callOff(token: string): boolean {
    if (!this.#underWay.delete(token)) return false;
    this.#host.planned(token, CALLED_OFF);
    return true;
  }
}
