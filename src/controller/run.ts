/** From the keeper's welcome to the end. */
import {Controller} from './controller.ts';
import {KeeperLink} from './keeper-link.ts';
import {prepare} from './prepare.ts';
import type {Fact} from '../keeper/messages.ts';
import type {EarlySignals} from '../posix/early-signals.ts';
import {closeDebugger} from '../posix/node-flags.ts';
import {signalIdentified} from '../posix/pidfd.ts';
import {startTimeOf} from '../process/stat.ts';

declare const BROOD_VERSION: string;

/** The keeper is gone, or took another controller: whatever is under way, this one has no say any more. */
const ABANDONED = 3;
const SIGKILL = 9;

/**
 * An upgrade is given up after 10 s by the keeper. One that has not even done that has become a new keeper that does not
 * work: its anchor starts the old one.
 */
const STUCK_MS = 15_000;

function endStuckKeeper(pid: number, startTime: string | null): void {
  process.stderr.write(
    `brood controller: the new keeper (${pid}) does not work; it is ended, and the old one comes back\n`,
  );
  if (startTime !== null) signalIdentified(pid, startTime, SIGKILL, startTimeOf);
}

export function runController(folder: string, early: EarlySignals, exit: (status: number) => void): void {
  process.umask(0o077);
  void closeDebugger();
  let controller: Controller | null = null;
  let left = false;
  let guard: NodeJS.Timeout | undefined;
  const waiting: Fact[] = [];
  const link = new KeeperLink({
    fact(fact) {
      if (controller) controller.take(fact);
      else if (fact.type === 'welcome') begin(fact);
      else if (fact.type === 'handshake') {
        link.order({type: 'prepared', error: prepare(folder)});
        guard = setTimeout(endStuckKeeper, STUCK_MS, process.ppid, startTimeOf(process.ppid));
      } else waiting.push(fact);
    },
    lost() {
      exit(left ? 0 : ABANDONED);
    },
  });
  const begin = (welcome: Extract<Fact, {type: 'welcome'}>): void => {
    clearTimeout(guard);
    const begun = new Controller({
      folder,
      version: BROOD_VERSION,
      link,
      welcome,
      leave: () => {
        left = true;
      },
    });
    controller = begun;
    for (const fact of waiting.splice(0)) begun.take(fact);
    early.deliverTo(signal => begun.handleOwn(signal));
    void begun.listen();
  };
}
