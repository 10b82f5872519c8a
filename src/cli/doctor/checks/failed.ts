/** Reports instances that have given up or never ran. */
import {workerOf, type Check} from '../target.ts';

export const failed: Check = ({instances}) =>
  instances
    .filter(({status}) => status === 'failed')
    .map(({id, reason}) => ({
      kind: 'failed',
      worker: workerOf(id),
      message: `${id} has failed and is not started again: ${reason ?? 'no reason is known'}`,
      advice: `\`brood why ${id}\` tells what happened; once its cause is gone, \`brood start ${id}\`.`,
    }));
