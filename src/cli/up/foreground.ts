/**
 * A foreground `up`, tied to the life of the fleet. It shows output and events, and translates the signals of its
 * terminal; the controller stops the fleet when this process goes away (`attach`).
 */
import {messageOf} from '../../base/errors.ts';
import type {EventRecord} from '../../journal/record.ts';
import type {Client} from '../../control/client.ts';
import {connectFleet} from '../../control/connect.ts';
import {ConnectionLostError, NotRunningError} from '../../control/errors.ts';
import {followJournal, lastRecords, recordsAfter} from '../../journal/read.ts';
import {followLines} from '../../logs/follow.ts';
import {loggedInstances, openStreams, type OpenStream} from '../../logs/read.ts';
import type {Context} from '../framework/command.ts';
import {takeSignals, type CaughtSignal} from '../framework/early-signals.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {eventLine} from '../logs/event-line.ts';
import {isShown} from '../../journal/record.ts';
import {LogPrinter} from '../logs/printer.ts';
import {printOutcomes} from '../target/outcomes.ts';
import {reach} from '../target/reach.ts';
import {endOf, supervisorOf, waitUntilGone, type SupervisorProcess} from '../target/supervisor-processes.ts';
import {stopFleet, type Stopped} from '../target/stop-fleet.ts';
import {watchOver} from '../target/supervisor-watch.ts';
import {plainText} from '../../text/sanitize.ts';

const RETRY_MS = 50;
/** The terminal gets its prompt back after this time, even if the supervisor does not answer. */
const PROMPT_MS = 3_000;
const RESUME_MS = 10_000;

export class Foreground {
  readonly #context: Context;
  readonly #folder: string;
  readonly #name: string;
  /** Opened before anything is started, so that all later output is shown. */
  readonly #streams: readonly OpenStream[];
  readonly #firstSeq: number;
  readonly #over = new AbortController();
  #client: Client | null = null;
  #stops = 0;
  #stopped: Promise<Stopped>[] = [];
  #processes: readonly SupervisorProcess[] = [];
  /** The instances that SIGTSTP has paused, and SIGCONT resumes. */
  #suspended: readonly string[] = [];

  constructor(context: Context, folder: string, name: string) {
    this.#context = context;
    this.#folder = folder;
    this.#name = name;
    this.#streams = openStreams(folder, loggedInstances(folder));
    this.#firstSeq = lastRecords(folder, 1)[0]?.seq ?? 0;
  }

  /** Runs until the fleet is down. @returns the exit code: 0 after a clean stop. */
  async run(): Promise<number> {
    const {out, err} = this.#context;
    const printer = new LogPrinter(out, {json: false, prefix: true});
    const following = followLines(
      {
        fleetFolder: this.#folder,
        streams: this.#streams,
        wanted: () => true,
        onIdle: () => out.flush(),
        signal: this.#over.signal,
      },
      line => printer.print(line),
    );
    // From the files: they also contain events from times without a controller.
    const watching = followJournal(this.#folder, this.#firstSeq, this.#over.signal, record => this.#printEvent(record));
    takeSignals(signal => this.#signal(signal));
    const watch = watchOver(this.#folder, err);
    try {
      await this.#stayAttached();
      watch.remember(this.#processes.find(({what}) => what === 'anchor'));
      await waitUntilGone(this.#processes, {workersAreDown: false});
    } finally {
      watch.end();
      this.#over.abort();
      await Promise.all([following, watching]);
    }
    const stopped = (await Promise.all(this.#stopped)).flatMap(one => (one.kind === 'answered' ? [one.outcomes] : []));
    const failed = stopped.flatMap(({outcomes}) => outcomes.filter(({ok}) => !ok));
    if (failed.length > 0) return printOutcomes(this.#context, {ok: false, outcomes: failed});
    const wasKilled = endOf(this.#folder, stopped.length > 0) === 'killed';
    if (wasKilled || (this.#stops === 0 && !this.#stoppedByOthers())) {
      const message = `the supervisor of ${this.#name} is gone; its workers may still be running, and \`brood up\` adopts them`;
      throw new CliError(ExitCode.failed, message);
    }
    err.line(err.paint('dim', `fleet ${this.#name} is down`));
    return ExitCode.done;
  }

  /** Stays attached until there is no supervisor any more; attaches again when the controller was replaced. */
  async #stayAttached(): Promise<void> {
    for (;;) {
      try {
        const client = await connectFleet(this.#folder);
        this.#client = client;
        this.#processes = supervisorOf(this.#folder);
        await client.call('attach', {});
        client.ref();
        await new Promise<void>(resolve => client.onClose(resolve));
      } catch (error) {
        if (error instanceof NotRunningError) return;
        if (!(error instanceof ConnectionLostError)) throw error;
        // A retry is worthwhile even if the controller has no room for another client.
        await new Promise(resolve => setTimeout(resolve, RETRY_MS));
      } finally {
        this.#client?.close();
        this.#client = null;
      }
    }
  }

  #printEvent(record: EventRecord): void {
    if (!isShown(record)) return;
    const {err} = this.#context;
    err.line(eventLine(record, err, false));
    err.flush();
  }

  #signal(signal: CaughtSignal): void {
    switch (signal) {
      case 'SIGINT':
      case 'SIGTERM':
        this.#stop();
        return;
      case 'SIGHUP':
        // The terminal was closed; during a stop that changes nothing.
        if (this.#stops === 0) this.#stop();
        return;
      case 'SIGTSTP':
        void this.#suspend();
        return;
      case 'SIGCONT':
        void this.#resume();
    }
  }

  #stop(): void {
    this.#stops++;
    const {err} = this.#context;
    if (this.#stops > 2) return;
    const now = this.#stops === 2;
    err.line(err.paint('dim', now ? 'stopping at once' : `stopping ${this.#name} in order; repeat to stop it at once`));
    err.flush();
    const say = (words: string): void => {
      err.line(words);
      err.flush();
    };
    const stopped = stopFleet(this.#folder, {now, printNotice: say});
    // Awaited at the end; until then a rejection must not count as unhandled.
    stopped.catch(() => undefined);
    this.#stopped.push(stopped);
  }

  async #suspend(): Promise<void> {
    if (this.#client && this.#stops === 0 && this.#suspended.length === 0) {
      try {
        const signal = AbortSignal.timeout(PROMPT_MS);
        const {workers} = await this.#client.call('ps', {}, {signal});
        const running = workers.filter(({pid, flags}) => pid !== null && !flags.includes('paused')).map(({id}) => id);
        this.#suspended = running;
        if (running.length > 0) await this.#client.call('pause', {targets: running}, {signal});
      } catch {
        // The terminal must get its prompt back in any case.
      }
    }
    process.kill(process.pid, 'SIGSTOP');
  }

  async #resume(): Promise<void> {
    const targets = this.#suspended;
    this.#suspended = [];
    if (targets.length === 0) return;
    try {
      const client = await reach(this.#folder);
      const signal = AbortSignal.timeout(RESUME_MS);
      await client.call('resume', {targets}, {signal}).finally(() => client.close());
    } catch (error) {
      const {err} = this.#context;
      err.line(`can't resume the workers: ${plainText(messageOf(error))}`);
      err.flush();
    }
  }

  /** Whether `brood down` from elsewhere, or a signal to the supervisor, has stopped the fleet. */
  #stoppedByOthers(): boolean {
    for (const {type} of recordsAfter(this.#folder, this.#firstSeq)) if (type === 'supervisor-stopping') return true;
    return false;
  }
}
