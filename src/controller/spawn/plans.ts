/**
 * Plans of runs that take a look at files which are not the supervisor's own. Others are started and stopped meanwhile; what is
 * to end before its plan is made is never ordered.
 */
import {errorCode, messageOf} from '../../base/errors.ts';
import type {SpawnPlan, SpawnSubject} from './spawn-order.ts';

export interface SpawnPlansHost {
  readonly plan: (subject: SpawnSubject) => Promise<SpawnPlan>;
  readonly planned: (token: string, plan: SpawnPlan) => void;
}

const CALLED_OFF: SpawnPlan = {failure: {code: 'ECANCELED', message: 'it was stopped before it was started'}};

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

  /** The run has begun already, and ended: what is planned is not ordered. */
  drop(token: string): void {
    this.#underWay.delete(token);
  }

  /** The run is to end; answers whether it was never ordered. Then that is told as a failed start. */
  callOff(token: string): boolean {
    if (!this.#underWay.delete(token)) return false;
    this.#host.planned(token, CALLED_OFF);
    return true;
  }
}
