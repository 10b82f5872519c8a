import {formatDuration} from '../../base/format.ts';
import type {EventRecord} from '../../journal/record.ts';
import type {Client} from '../../control/client.ts';
import {ConnectionLostError} from '../../control/errors.ts';
import {mustBeTrusted, mustHoldOwn} from '../../home/check.ts';
import {atMost} from '../framework/arguments.ts';
import type {Command, Context} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {withClient} from '../target/fleet.ts';
import {copyPrograms} from '../up/programs.ts';
import {ask, NoAnswerError, reach} from '../target/reach.ts';
import {watchOver} from '../target/supervisor-watch.ts';
import {version} from '../framework/version.ts';

/** The supervisor gives up after 10 s and then needs a moment to roll back. */
const PATIENCE_MS = 30_000;
/**
 * The wait for an outcome after the keeper was lost: the next keeper reports an upgrade that it finds at once; an
 * upgrade that had not begun leaves nothing to find.
 */
const LOST_MS = 2_000;

export const upgrade: Command = {
  name: 'upgrade',
  summary: "replace the supervisor's code; on failure the old code stays",
  usage: 'upgrade',
  description: `Copies the programs of this installation into the fleet's folder and switches the fleet to them: a new controller is
started beside the old one and takes over only after it has proved that it works; the keeper replaces itself without losing a
child. Workers, their output and their exit statuses are not affected. If a step fails, or the upgrade takes longer than 10 s,
the fleet keeps its old code: exit 1, with the reason.`,
  options: {},
  examples: [['upgrade', 'after the package was updated']],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    return withClient(context, async ({entry, client}) => {
      // Root may inspect another user's fleet, but writes nothing into that user's folder.
      mustBeTrusted(entry.folder);
      mustHoldOwn(entry.folder);
      const {hash, why} = copyPrograms(entry.folder);
      if (hash === null) {
        throw new CliError(
          ExitCode.failed,
          `nothing was changed: can't copy the new programs to ${entry.folder}: ${why ?? 'unknown reason'}`,
        );
      }
      const {seq} = await ask({entry, client}, 'watch', {});
      await ask({entry, client}, 'upgrade', {code: hash});
      const end = await sayingWhatKeepsIt(context, entry.folder, () => outcome(client, entry.folder, hash, seq));
      if (end.type !== 'upgraded') {
        throw new CliError(ExitCode.failed, `nothing was changed: ${String(end['message'])}`);
      }
      context.out.line(`fleet ${entry.name} is supervised by brood ${version} (code ${hash})`);
      return ExitCode.done;
    });
  },
};

/** Connects to the next controller that answers. Returns null if none answers in time. */
async function again(folder: string, end: number): Promise<Client | null> {
  const left = end - performance.now();
  if (left <= 0) return null;
  try {
    return await reach(folder, left);
  } catch (error) {
    if (error instanceof NoAnswerError) return null;
    throw error;
  }
}

async function sayingWhatKeepsIt<T>({err}: Context, folder: string, use: () => Promise<T>): Promise<T> {
  const watch = watchOver(folder, err);
  try {
    return await use();
  } finally {
    watch.end();
  }
}

/** Returns the event that reports the outcome, from the old or a new controller. */
async function outcome(first: Client, folder: string, hash: string, seq: number): Promise<EventRecord> {
  let end = performance.now() + PATIENCE_MS;
  let lost = false;
  const isOutcome = (event: EventRecord): boolean =>
    (event.type === 'upgraded' || event.type === 'upgrade-failed') && event['to'] === hash;
  let afterSeq = seq;
  for (let client: Client | null = first; client !== null; client = await again(folder, end)) {
    let late = setTimeout(() => client.close(), end - performance.now());
    try {
      for await (const event of client.watch({afterSeq})) {
        if (isOutcome(event)) return event;
        afterSeq = Math.max(afterSeq, event.seq);
        if (event.type !== 'keeper-lost') continue;
        lost = true;
        end = Math.min(end, performance.now() + LOST_MS);
        clearTimeout(late);
        late = setTimeout(() => client.close(), LOST_MS);
      }
    } catch (error) {
      if (!(error instanceof ConnectionLostError)) throw error;
    } finally {
      clearTimeout(late);
      if (client !== first) client.close();
    }
  }
  if (lost) throw new CliError(ExitCode.failed, 'nothing was changed: the keeper was lost before the upgrade began');
  throw new CliError(
    ExitCode.failed,
    `the result of the upgrade is unknown after ${formatDuration(PATIENCE_MS)}; see \`brood events\` and supervisor.log`,
  );
}
