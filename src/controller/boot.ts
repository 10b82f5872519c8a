/** Runs the controller, from the keeper's welcome to the exit. */
import {SIGKILL} from '../posix/signal-numbers.ts';
import {messageOf} from '../base/errors.ts';
import {existsSync, statSync} from 'node:fs';
import {logError} from './turn/stderr.ts';
import {Controller} from './controller.ts';
import {KeeperLink} from './keeper/link.ts';
import {prepare} from './start/dry-run.ts';
import {NoLaunchError} from './start/read-launch.ts';
import type {Fact, FactOf} from '../link/facts.ts';
import {inFolder} from '../control/folder.ts';
import {mustBeTrusted} from '../home/check.ts';
import type {EarlySignals, SupervisorSignal} from '../posix/early-signals.ts';
import {writeError} from '../posix/standard-error.ts';
import {closeDebugger} from '../posix/node-flags.ts';
import {signalIdentified} from '../posix/pidfd.ts';
import {startTimeOf} from '../process/stat.ts';

declare const BROOD_VERSION: string;

/** Exit status if the keeper is gone or has accepted another controller: this one must not decide any more. */
const ABANDONED = 3;

/**
 * The keeper aborts an upgrade after 10 s. A keeper that has not done so by then has become a new keeper that does not
 * work: once it has ended, its anchor starts the old one.
 */
const STUCK_MS = 15_000;

function endStuckKeeper(pid: number, startTime: string | null): void {
  writeError(`brood controller: the new keeper (${pid}) does not work; killing it to return to the old one\n`);
  if (startTime !== null) signalIdentified(pid, startTime, SIGKILL, startTimeOf);
}

/**
 * A controller without a keeper decides nothing, but it holds the queue of pipes (STORE_FD) until another keeper has
 * opened them; from then on there is a control socket again. The anchor holds the queue, too, but may be dead. The wait
 * is limited (ms): there may be no other keeper.
 */
const LINGER_MS = 30_000;
const LOOK_MS = 20;
const ENDS: ReadonlySet<SupervisorSignal> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT']);

/** Returns whether another controller listens, or a keeper has left in order and emptied the lock file. */
const isTakenUp = (folder: string): boolean =>
  existsSync(inFolder.socket(folder)) || statSync(inFolder.lock(folder), {throwIfNoEntry: false})?.size === 0;

function lingerUntil(isTaken: () => boolean, done: () => void): void {
  const end = performance.now() + LINGER_MS;
  const look = (): void => {
    if (isTaken() || performance.now() > end) done();
    else setTimeout(look, LOOK_MS);
  };
  look();
}

/** Logs a {@link NoLaunchError} and returns null if the folder does not define the fleet. */
function beginOrSay(begin: () => Controller): Controller | null {
  try {
    return begin();
  } catch (error) {
    if (!(error instanceof NoLaunchError)) throw error;
    logError("the fleet can't be resumed", error.message);
    return null;
  }
}

/** Logs why the folder must not be used, and returns false. */
function isTrusted(folder: string): boolean {
  try {
    mustBeTrusted(folder);
    return true;
  } catch (error) {
    logError('refusing to use this folder', messageOf(error));
    return false;
  }
}

export function runController(folder: string, early: EarlySignals, exit: (status: number) => void): void {
  process.umask(0o077);
  if (!isTrusted(folder)) {
    exit(1);
    return;
  }
  void closeDebugger();
  let controller: Controller | null = null;
  let left = false;
  let guard: NodeJS.Timeout | undefined;
  const waiting: Fact[] = [];
  const link = new KeeperLink({
    fact(fact) {
      if (controller) controller.handleFact(fact);
      else if (fact.type === 'welcome') begin(fact);
      else if (fact.type === 'handshake') {
        link.order({type: 'prepared', error: prepare(folder)});
        guard ??= setTimeout(endStuckKeeper, STUCK_MS, process.ppid, startTimeOf(process.ppid));
      } else waiting.push(fact);
    },
    lost() {
      // A controller prepared for a takeover may be the only process that holds the queue of pipes.
      if (left || (controller === null && guard === undefined)) {
        exit(left ? 0 : ABANDONED);
        return;
      }
      clearTimeout(guard);
      controller?.abandon();
      early.deliverTo(signal => {
        if (ENDS.has(signal)) exit(ABANDONED);
      });
      lingerUntil(
        () => isTakenUp(folder),
        () => exit(ABANDONED),
      );
    },
  });
  const begin = (welcome: FactOf<'welcome'>): void => {
    clearTimeout(guard);
    const begun = beginOrSay(
      () =>
        new Controller({
          folder,
          version: BROOD_VERSION,
          link,
          welcome,
          leave: () => {
            left = true;
          },
          superseded: () => {
            writeError('brood controller: another controller is already active; exiting\n');
            exit(ABANDONED);
          },
        }),
    );
    if (begun === null) {
      exit(1);
      return;
    }
    controller = begun;
    for (const fact of waiting.splice(0)) begun.handleFact(fact);
    early.deliverTo(signal => begun.handleOwn(signal));
    begun.listen().catch((error: unknown) => {
      logError("the control socket can't be opened", messageOf(error));
      exit(1);
    });
  };
}
