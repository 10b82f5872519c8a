/** Reports instances that have given up or never ran. */
import {workerOf, type Check} from '../target.ts';

export const failed: Check = ({instances}) =>
  instances
    .filter(({status}) => status === 'failed')
    .map(({id, reason}) => ({
      kind: 'failed',
      worker: workerOf(id),
      message: `${id} has failed and is not restarted: ${reason ?? 'unknown reason'}`,
      advice: `\`brood why ${id}\` explains the failure; fix the cause, then run \`brood start ${id}\`.`,
    }));
