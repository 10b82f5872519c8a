/** What lies in the folder of runs beside records and the FIFOs of output. */
import {join} from 'node:path';

/** The socket at which a run says how it is. */
export const notifyPath = (folder: string, token: string): string => join(folder, `${token}.notify`);
/** The FIFO by which it says that it is ready. */
export const readyPath = (folder: string, token: string): string => join(folder, `${token}.ready`);
