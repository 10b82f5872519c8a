/** Entry point of the controller: installs signal handlers before it imports anything else. Arguments: FOLDER. */
import {catchSignals} from '../posix/early-signals.ts';

const early = catchSignals();
void import('./boot.ts').then(({runController}) => {
  // Timers and the listening socket keep Node running.
  runController(process.argv[2] ?? '', early, status => process.exit(status));
});
