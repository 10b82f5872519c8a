/** The keeper's entry point: signal handlers first, everything else after. */
import {catchSignals} from '../posix/early-signals.ts';

const early = catchSignals();
void import('./start.ts').then(async ({runKeeper}) => {
  const status = await runKeeper(process.argv.slice(2), early);
  await leaveAtOnceIfHeldUp(status);
  // Descriptors of the epoll thread keep Node from exiting by itself.
  process.exit(status);
});

/** exit(3) joins the pool's threads, one of which may block on a worker's descriptor or pipe. */
async function leaveAtOnceIfHeldUp(status: number): Promise<void> {
  const [{isHeldUp}, {isPipeHeldUp}, {isSocketHeldUp}, {exitAtOnce}] = await Promise.all([
    import('../posix/elsewhere.ts'),
    import('../posix/pipe-threads.ts'),
    import('../posix/socket-threads.ts'),
    import('../posix/process.ts'),
  ]);
  if (isHeldUp() || isPipeHeldUp() || isSocketHeldUp()) exitAtOnce(status);
}
