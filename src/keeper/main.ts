/** The keeper's entry: signal handlers first, everything else after. */
import {catchSignals} from '../posix/early-signals.ts';

const early = catchSignals();
void import('./start.ts').then(async ({runKeeper}) => {
  // Descriptors of the epoll thread keep Node from leaving by itself.
  process.exit(await runKeeper(process.argv.slice(2), early));
});
