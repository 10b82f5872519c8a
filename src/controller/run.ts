/** From the keeper's welcome to the end. */
import {Controller} from './controller.ts';
import {KeeperLink} from './keeper-link.ts';
import type {Fact} from '../keeper/messages.ts';
import type {EarlySignals} from '../posix/early-signals.ts';
import {closeDebugger} from '../posix/node-flags.ts';

declare const BROOD_VERSION: string;

/** The keeper is gone, or took another controller: whatever is under way, this one has no say any more. */
const ABANDONED = 3;

export function runController(folder: string, early: EarlySignals, exit: (status: number) => void): void {
  process.umask(0o077);
  void closeDebugger();
  let controller: Controller | null = null;
  let left = false;
  const waiting: Fact[] = [];
  const link = new KeeperLink({
    fact(fact) {
      if (controller) controller.take(fact);
      else if (fact.type === 'welcome') begin(fact);
      else waiting.push(fact);
    },
    lost() {
      exit(left ? 0 : ABANDONED);
    },
  });
  const begin = (welcome: Extract<Fact, {type: 'welcome'}>): void => {
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
