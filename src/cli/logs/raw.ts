/** Prints the bytes of one stream exactly as they were written. */
import {readRaw, instanceId, openStreams, type Instance} from '../../logs/read.ts';
import type {Stream} from '../../logs/layout.ts';
import {isSet, type Context} from '../framework/command.ts';
import {ExitCode, UsageError} from '../framework/errors.ts';

export async function printRaw(
  context: Context,
  folder: string,
  instances: readonly Instance[],
  stream: Stream,
): Promise<number> {
  const {out} = context;
  if (isSet(context, 'follow')) throw new UsageError('--raw and --follow are mutually exclusive');
  const [instance, second] = instances;
  if (instance === undefined) return ExitCode.done;
  if (second !== undefined) {
    const ids = instances.slice(0, 5).map(instanceId).join(', ');
    throw new UsageError(`--raw requires one instance; choose one of ${ids}${instances.length > 5 ? ', ...' : ''}`);
  }
  const streams = openStreams(folder, [instance]);
  const write = async (chunk: Uint8Array): Promise<void> => {
    // eslint-disable-next-line no-restricted-syntax -- --raw is as it was written
    out.exact(chunk);
    if (out.full) await out.drained();
  };
  for (const open of streams) {
    if (open.stream !== stream) {
      open.row.close();
      continue;
    }
    for await (const chunk of readRaw(open.row)) {
      await write(chunk);
      if (out.gone.aborted) return ExitCode.done;
    }
    open.row.close();
  }
  return ExitCode.done;
}
