/** Reports processes that could not be ended. */
import {workerOf, type Check} from '../target.ts';

export const survivors: Check = ({instances}) =>
  instances
    .filter(one => one.survivors.length > 0)
    .map(({id, survivors: left}) => ({
      kind: 'survivor',
      worker: workerOf(id),
      message: `after the last run of ${id} these could not be ended: ${left.join(', ')}`,
      advice:
        'A process that even SIGKILL does not end waits in the kernel (state D: a disk or a network file system that does not answer), or belongs to somebody else. `ps -o pid,state,wchan,user,cmd -p PID` shows which.',
    }));
