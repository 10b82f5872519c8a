/** A keeper's life from its arguments to its exit: the lock, the plan of a fresh start, the signals. */
import {messageOf} from '../base/errors.ts';
import {existsSync, fstatSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {KeeperExit} from './anchor/anchor.ts';
import {parseArguments, type KeeperArguments} from './arguments.ts';
import {Code} from './code/installed.ts';
import {Keeper} from './keeper.ts';
import type {KeeperOptions} from './options.ts';
import {tellLauncher} from './anchor/launcher.ts';
import {removeOtherPlans} from './files/leftovers.ts';
import {NO_LOCK, takeLock, type Holder, type Lock} from './folder/lock.ts';
import {readRecords} from './runs/record.ts';
import {isFolderLost, whyNoFleet} from './folder/lost.ts';
import {cleanUpStopped, forgetStopped, isStopped} from './stopped-marker.ts';
import {mustBeTrusted, mustHoldOwn} from '../home/check.ts';
import {isOlder, livingIn, openLockOf} from '../home/living.ts';
import type {EarlySignals} from '../posix/early-signals.ts';
import {writeError} from '../posix/standard-error.ts';
import {closeDebugger} from '../posix/node-flags.ts';
import {Epoll} from '../posix/epoll.ts';
import {becomeSubreaper, closeOnExecFrom, openFilesLimit} from '../posix/process.ts';
import {resetRealtimeSignals} from '../posix/signals.ts';
import {startTimeOf} from '../process/stat.ts';

declare const BROOD_VERSION: string;

/** Runs a keeper until it exits. Returns the exit status for its anchor. Arguments: see arguments.ts. */
export async function runKeeper(argv: readonly string[], early: EarlySignals): Promise<number> {
  const args = parseArguments(argv);
  try {
    return args.check ? check(args.folder) : await runLocked(args, early);
  } catch (error) {
    // A restarted keeper may succeed later. On a fresh start, the launcher must receive the error.
    if (!args.launched) throw error;
    tellLauncher(`failed the supervisor can't start: ${messageOf(error)}`);
    return KeeperExit.refused;
  }
}

/** Checks whether these programs could take over the folder. Changes nothing. Throws if they could not. */
function check(folder: string): number {
  openFilesLimit();
  readRecords(join(folder, 'runs'));
  new Epoll().close();
  return KeeperExit.done;
}

/**
 * Takes the lock of the folder, provided that the folder is this user's. A restarted keeper whose folder is gone for
 * good gets `NO_LOCK`: it can only end what is left. Throws other errors, since another attempt may succeed.
 */
async function lockOf(
  {folder, launched, replaced}: KeeperArguments,
  holder: Holder,
): Promise<Lock | {readonly heldBy: number}> {
  try {
    mustBeTrusted(folder);
    mustHoldOwn(folder);
    const lock = await takeLock(join(folder, 'lock'), holder, replaced?.lock);
    if ('heldBy' in lock) return lock;
    const other = olderKeeper(folder, holder, lock.fd);
    if (other === null) return lock;
    lock.release();
    return {heldBy: other};
  } catch (error) {
    if (launched || holder.anchor === null || !isFolderLost(error)) throw error;
    const why = messageOf(error);
    writeError(`brood keeper: ${why}: ending what is left of the fleet\n`);
    return NO_LOCK;
  }
}

/** Returns the pid of an older keeper that holds a removed lock file of this folder and is to stay, or null. */
function olderKeeper(folder: string, own: Holder, fd: number): number | null {
  const {ino} = fstatSync(fd, {bigint: true});
  const other = livingIn(folder).find(one => {
    if (one.role !== 'keeper' || !isOlder(one, own)) return false;
    const lock = openLockOf(one.pid, folder);
    return typeof lock === 'bigint' && lock !== ino;
  });
  return other?.pid ?? null;
}

async function runLocked(args: KeeperArguments, early: EarlySignals): Promise<number> {
  const {folder, launch, launched} = args;
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
  const lock = await lockOf(args, holder);
  if ('heldBy' in lock) {
    if (launched) tellLauncher(`refused ${lock.heldBy}`);
    return KeeperExit.refused;
  }
  if (lock === NO_LOCK) return runRemains(args, early, anchor);
  const code = new Code(folder, __dirname);
  // Only the holder of the lock may set the plan of the fleet.
  if (launch !== null && launched) {
    const plan = join(folder, `fleet.${launch}.json`);
    // A keeper that was killed before it had come up may already have renamed the plan.
    if (existsSync(plan)) renameSync(plan, join(folder, 'fleet.json'));
    removeOtherPlans(folder);
    code.makeCurrent(code.own);
  }
  if (launched) forgetStopped(folder);
  else if (isStopped(folder)) {
    cleanUpStopped(folder);
    lock.release();
    return KeeperExit.done;
  }
  const gone = launched ? null : whyNoFleet(folder);
  if (gone !== null) writeError(`brood keeper: ${gone}: ending what is left of the fleet\n`);
  return run({...args, code, anchor, remains: gone !== null}, lock, early);
}

/** Ends what is left of a fleet whose folder can be neither read nor written. */
function runRemains(args: KeeperArguments, early: EarlySignals, anchor: number | null): Promise<number> {
  const code = new Code(args.folder, __dirname);
  return run({...args, code, anchor, replaced: null, remains: true}, NO_LOCK, early);
}

function run(options: KeeperOptions, lock: Lock, early: EarlySignals): Promise<number> {
  void closeDebugger();
  return new Promise(resolve => {
    const keeper = new Keeper(options, lock, () => resolve(KeeperExit.done));
    early.deliverTo(signal => keeper.handle(signal));
    keeper.start();
  });
}
