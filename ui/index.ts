/** `brood top`: shows a fleet, or only the machine, on a terminal until the user quits. */
import type {TopOptions} from './options.ts';
import {Session} from './session.ts';

export type {TopOptions};

/** Returns the exit code when the user has quit or an event has ended the program. The terminal is restored by then. */
export const runTop = (options: TopOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    new Session(options, (code, error) => {
      if (error === undefined) resolve(code);
      else reject(error instanceof Error ? error : new Error('brood top has ended', {cause: error}));
    });
  });
