/** Numbers of signals that brood itself sends (signal(7)). */
import {constants} from 'node:os';

export const {SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGTERM} = constants.signals;
