/** The controller's entry: signal handlers first, everything else after. Arguments: FOLDER. */
import {catchSignals} from '../posix/early-signals.ts';

const early = catchSignals();
void import('./boot.ts').then(({runController}) => {
  // Timers and the listening socket keep Node from leaving by itself.
  runController(process.argv[2] ?? '', early, status => process.exit(status));
});
