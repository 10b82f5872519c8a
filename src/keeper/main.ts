/** The keeper's entry: signal handlers first, everything else after. */
import {catchSignals} from '../posix/early-signals.ts';

const early = catchSignals();
void import('./start.ts').then(async ({runKeeper}) => {
  const status = await runKeeper(process.argv.slice(2), early);
  await leaveAtOnceIfHeldUp(status);
  // Descriptors of the epoll thread keep Node from leaving by itself.
  process.exit(status);
});

/** exit(3) joins the threads of the pool, and one of them may be held up by what a worker has passed, or writes. */
async function leaveAtOnceIfHeldUp(status: number): Promise<void> {
  const [{isHeldUp}, {isPipeHeldUp}, {isSocketHeldUp}, {exitAtOnce}] = await Promise.all([
    import('../posix/elsewhere.ts'),
    import('../posix/pipe-threads.ts'),
    import('../posix/socket-threads.ts'),
    import('../posix/process.ts'),
  ]);
  if (isHeldUp() || isPipeHeldUp() || isSocketHeldUp()) exitAtOnce(status);
}
