/** The used heap after a garbage collection. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Returns bytes. */
export function collectedHeap(): number {
  // The first collection does not free what finalizers still hold.
  for (let count = 0; count < 3; count++) collect();
  return process.memoryUsage().heapUsed;
}
