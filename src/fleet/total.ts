import type {Context} from './check/check.ts';
import {entriesOf, entryOf, type Node} from './syntax/tree.ts';
import type {WorkerSpec} from './types.ts';
import {MOST_INSTANCES} from './most-instances.ts';

/** Reports an error at the worker that makes a fleet too large. */
export function checkTotal(root: Node, workers: readonly WorkerSpec[], context: Context): void {
  let total = 0;
  for (const {name, instances} of workers) {
    total += instances;
    if (total <= MOST_INSTANCES) continue;
    const entry = entriesOf(entryOf(root, 'workers')?.value).find(({key}) => key === name);
    const at = entryOf(entry?.value, 'instances')?.value.at ?? entry?.keyAt ?? 0;
    context.report.error(at, `${name}: exceeds the maximum of ${MOST_INSTANCES} instances in a fleet`);
    return;
  }
}
