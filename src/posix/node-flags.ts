/** How Node is started for keeper and controller. */

/** Where a NODE_OPTIONS that was meant for the user's own programs is kept from keeper and controller, and for workers. */
export const OUTER_NODE_OPTIONS = 'BROOD_OUTER_NODE_OPTIONS';

/**
 * Small heaps: with 1,000 children the first two halve what a process costs, at no cost in time; the others leave it
 * to us when garbage is collected at rest (collect.ts). And SIGUSR1
 * is brood's, not the debugger's, from before the first handler is installed, where Node can be told so.
 */
export function daemonFlags(): string[] {
  const flags = ['--max-semi-space-size=1', '--optimize-for-size', '--no-memory-reducer', '--expose-gc'];
  if (process.allowedNodeEnvironmentFlags.has('--disable-sigusr1')) flags.push('--disable-sigusr1');
  return flags;
}

/**
 * Closes the debugger that SIGUSR1 has opened before the first handler was installed, where Node could not be told so.
 * Node asks itself in several ways to open it, of which some come with the next turn of the event loop.
 */
export async function closeDebugger(): Promise<void> {
  const {close, url} = await import('node:inspector');
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(resolve => setImmediate(resolve));
    if (url() !== undefined) close();
  }
}
