/** Files in the folder of runs besides records and the FIFOs of output. */
import {join} from 'node:path';

/** Returns the path of the socket for a run's notices. */
export const notifyPath = (folder: string, token: string): string => join(folder, `${token}.notify`);
/** Returns the path of the FIFO for a run's readiness. */
export const readyPath = (folder: string, token: string): string => join(folder, `${token}.ready`);
