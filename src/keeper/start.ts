/** From a keeper's arguments to its end: the lock, the plan of a fresh start, the signals. */
import {existsSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {KeeperExit} from './anchor.ts';
import {Code} from './code.ts';
import {Keeper} from './keeper.ts';
import {tellLauncher} from './launcher.ts';
import {takeLock} from './lock.ts';
import type {EarlySignals} from '../posix/early-signals.ts';
import {closeDebugger} from '../posix/node-flags.ts';
import {becomeSubreaper, closeOnExecFrom} from '../posix/process.ts';
import {resetRealtimeSignals} from '../posix/signals.ts';
import {startTimeOf} from '../process/stat.ts';

declare const BROOD_VERSION: string;

/**
 * Runs a keeper to its end; answers the exit status for its anchor.
 * Arguments: --launch=ID FOLDER --anchor=PID [--ending] [--launched]
 */
export async function runKeeper(args: readonly string[], early: EarlySignals): Promise<number> {
  try {
    return await runLocked(args, early);
  } catch (error) {
    // One that is started again may find what this one did not; of a fresh start, who asked for it must hear.
    if (!args.includes('--launched')) throw error;
    tellLauncher(`failed the supervisor can't start: ${error instanceof Error ? error.message : String(error)}`);
    return KeeperExit.refused;
  }
}

async function runLocked(args: readonly string[], early: EarlySignals): Promise<number> {
  const anchor = Number(args.find(arg => arg.startsWith('--anchor='))?.slice('--anchor='.length) ?? NaN);
  const [folder = ''] = args.filter(arg => !/^--(anchor=\d+|launch=[0-9a-f]+|ending|launched)$/.test(arg));
  closeOnExecFrom(3);
  becomeSubreaper();
  resetRealtimeSignals();
  const anchored = anchor === process.ppid;
  const lock = await takeLock(join(folder, 'lock'), {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    anchor: anchored ? anchor : null,
    anchorStartTime: anchored ? startTimeOf(anchor) : null,
    startedAt: Date.now(),
    version: BROOD_VERSION,
  });
  if ('heldBy' in lock) {
    if (args.includes('--launched')) tellLauncher(`refused ${lock.heldBy}`);
    return KeeperExit.refused;
  }
  const code = new Code(folder, __dirname);
  const launch = args.find(arg => arg.startsWith('--launch='))?.slice('--launch='.length);
  // Only the one that got the lock may say what this fleet is.
  if (launch !== undefined && args.includes('--launched')) {
    const plan = join(folder, `fleet.${launch}.json`);
    // A keeper that was killed before it had come up may have done so already.
    if (existsSync(plan)) renameSync(plan, join(folder, 'fleet.json'));
    code.makeCurrent(code.own);
  }
  void closeDebugger();
  return new Promise(resolve => {
    const keeper = new Keeper(
      {
        folder,
        code,
        anchor: anchored ? anchor : null,
        ending: args.includes('--ending'),
        launched: args.includes('--launched'),
      },
      lock,
      () => resolve(KeeperExit.done),
    );
    early.deliverTo(signal => keeper.handle(signal));
    keeper.start();
  });
}
