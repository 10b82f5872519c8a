/** Reports processes that could not be ended. */
import {workerOf, type Check} from '../target.ts';

export const survivors: Check = ({instances}) =>
  instances
    .filter(one => one.survivors.length > 0)
    .map(({id, survivors: left}) => ({
      kind: 'survivor',
      worker: workerOf(id),
      message: `processes of the last run of ${id} could not be ended: ${left.join(', ')}`,
      advice:
        'A process that survives SIGKILL is blocked in the kernel (state D: a disk or a network file system does not respond), or belongs to another user. `ps -o pid,state,wchan,user,cmd -p PID` shows which.',
    }));
