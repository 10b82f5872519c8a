/** How Node is started for keeper and controller. */

/**
 * Holds a NODE_OPTIONS that was meant for the user's own programs: removed for keeper and controller, kept for workers.
 */
export const OUTER_NODE_OPTIONS = 'BROOD_OUTER_NODE_OPTIONS';

/**
 * Returns the flags for small heaps: with 1,000 children the first two halve what a process costs, at no cost in time;
 * the next two leave garbage collection at rest to collect.ts. `--disable-sigusr1`, if Node has it, reserves SIGUSR1
 * for brood, not the debugger, from before the first handler is installed.
 */
export function daemonFlags(): string[] {
  const flags = ['--max-semi-space-size=1', '--optimize-for-size', '--no-memory-reducer', '--expose-gc'];
  if (process.allowedNodeEnvironmentFlags.has('--disable-sigusr1')) flags.push('--disable-sigusr1');
  return flags;
}

/**
 * Closes the debugger that SIGUSR1 opened before the first handler was installed, if Node lacks `--disable-sigusr1`.
 * Node requests the opening in several ways, some of which take effect in the next turn of the event loop.
 */
export async function closeDebugger(): Promise<void> {
  const {close, url} = await import('node:inspector');
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(resolve => setImmediate(resolve));
    if (url() !== undefined) close();
  }
}
