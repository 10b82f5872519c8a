/** From a keeper's arguments to its end: the lock, the plan of a fresh start, the signals. */
import {existsSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {KeeperExit} from './anchor.ts';
import {parseArguments, type KeeperArguments} from './arguments.ts';
import {Code} from './code.ts';
import {Keeper} from './keeper.ts';
import {tellLauncher} from './launcher.ts';
import {takeLock} from './lock.ts';
import {readRecords} from './record.ts';
import {cleanUpStopped, forgetStopped, isStopped} from './stopped.ts';
import type {EarlySignals} from '../posix/early-signals.ts';
import {closeDebugger} from '../posix/node-flags.ts';
import {Epoll} from '../posix/epoll.ts';
import {becomeSubreaper, closeOnExecFrom, openFilesLimit} from '../posix/process.ts';
import {resetRealtimeSignals} from '../posix/signals.ts';
import {startTimeOf} from '../process/stat.ts';

declare const BROOD_VERSION: string;

/** Runs a keeper to its end; answers the exit status for its anchor. Arguments: see arguments.ts. */
export async function runKeeper(argv: readonly string[], early: EarlySignals): Promise<number> {
  const args = parseArguments(argv);
  try {
    return args.check ? check(args.folder) : await runLocked(args, early);
  } catch (error) {
    // One that is started again may find what this one did not; of a fresh start, who asked for it must hear.
    if (!args.launched) throw error;
    tellLauncher(`failed the supervisor can't start: ${error instanceof Error ? error.message : String(error)}`);
    return KeeperExit.refused;
  }
}

/** Whether these programs could take the folder over. Changes nothing; throws what is in the way. */
function check(folder: string): number {
  openFilesLimit();
  readRecords(join(folder, 'runs'));
  new Epoll().close();
  return KeeperExit.done;
}

async function runLocked(args: KeeperArguments, early: EarlySignals): Promise<number> {
  const {folder, launch, launched, ending, replaced} = args;
  closeOnExecFrom(3);
  becomeSubreaper();
  resetRealtimeSignals();
  const anchor = args.anchor === process.ppid ? args.anchor : null;
  const holder = {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    anchor,
    anchorStartTime: anchor === null ? null : startTimeOf(anchor),
    startedAt: Date.now(),
    version: BROOD_VERSION,
  };
  const lock = await takeLock(join(folder, 'lock'), holder, replaced?.lock);
  if ('heldBy' in lock) {
    if (launched) tellLauncher(`refused ${lock.heldBy}`);
    return KeeperExit.refused;
  }
  const code = new Code(folder, __dirname);
  // Only the one that got the lock may say what this fleet is.
  if (launch !== null && launched) {
    const plan = join(folder, `fleet.${launch}.json`);
    // A keeper that was killed before it had come up may have done so already.
    if (existsSync(plan)) renameSync(plan, join(folder, 'fleet.json'));
    code.makeCurrent(code.own);
  }
  if (launched) forgetStopped(folder);
  else if (isStopped(folder)) {
    cleanUpStopped(folder);
    lock.release();
    return KeeperExit.done;
  }
  void closeDebugger();
  return new Promise(resolve => {
    const left = (): void => resolve(KeeperExit.done);
    const keeper = new Keeper({folder, code, anchor, store: args.store, ending, launched, replaced}, lock, left);
    early.deliverTo(signal => keeper.handle(signal));
    keeper.start();
  });
}
