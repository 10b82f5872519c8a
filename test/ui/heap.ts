/** How much of the heap is in use, after a collection. */
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes. */
export function collectedHeap(): number {
  // The first does not get what finalizers still hold.
  for (let count = 0; count < 3; count++) collect();
  return process.memoryUsage().heapUsed;
}
