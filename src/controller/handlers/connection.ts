/** watch, unwatch, attach: commands that last as long as the client's connection. */
import type {Attachment} from '../state/attachment.ts';
import type {Engine} from '../turn/engine.ts';
import type {Journal} from '../../journal/writer.ts';
import {tellPast} from './journal-replay.ts';
import type {Handlers} from '../../control/handlers.ts';

export interface ConnectionHost {
  readonly folder: string;
  readonly engine: Engine;
  readonly journal: Journal;
  readonly attachment: Attachment;
}

export const connectionHandlers = ({
  folder,
  engine,
  journal,
  attachment,
}: ConnectionHost): Pick<Handlers, 'watch' | 'unwatch' | 'attach'> => ({
  async watch({afterSeq}, context) {
    if (afterSeq !== undefined) await tellPast(folder, afterSeq, context);
    return {seq: journal.told};
  },
  unwatch: () => ({}),
  attach(_params, context) {
    attachment.attach(context);
    engine.feed({type: 'tick'}); // commits the attachment, so that a later controller waits for this client, too
    return {};
  },
});
