/** `brood top`: from a fleet, or none, to a terminal that shows it until somebody leaves. */
import type {TopOptions} from './options.ts';
import {Session} from './session.ts';

export type {TopOptions};

/** Answers the exit code, when somebody has left or something has ended it. The terminal is as it was then. */
export const runTop = (options: TopOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    new Session(options, (code, error) => {
      if (error === undefined) resolve(code);
      else reject(error instanceof Error ? error : new Error('brood top has ended', {cause: error}));
    });
  });
