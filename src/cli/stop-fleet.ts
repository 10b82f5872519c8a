/** Stopping a whole fleet, whatever happens to its controller meanwhile. */
import {connectFleet} from '../control/connect.ts';
import {ConnectionLostError, NotRunningError} from '../control/errors.ts';
import type {Outcomes} from '../control/messages.ts';

/** Asks for the end of a fleet, again where the controller is replaced meanwhile. @returns null where it was gone already. */
export async function stopFleet(folder: string, now: boolean): Promise<Outcomes | null> {
  for (;;) {
    try {
      const client = await connectFleet(folder);
      try {
        return await client.call('down', now ? {now} : {});
      } finally {
        client.close();
      }
    } catch (error) {
      if (error instanceof NotRunningError) return null;
      if (!(error instanceof ConnectionLostError)) throw error;
    }
  }
}
