/** Sends the core's signals to runs. A failure is an event, and part of the command's answer. */
import {signalNumber} from '../../posix/signals.ts';
import type {SignalName} from '../../base/signal-name.ts';
import type {KeeperLink} from '../keeper/link.ts';
import type {SignalFailures} from '../turn/signal-failures.ts';

export class RunSignals {
  readonly #link: KeeperLink;
  readonly #failures: SignalFailures;
  /** Pending freezes and thaws, by run token. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(link: KeeperLink, failures: SignalFailures) {
    this.#link = link;
    this.#failures = failures;
  }

  /** Sends SIGSTOP or SIGCONT to the whole tree. */
  freezeOrThaw(type: 'freeze' | 'thaw', token: string): void {
    const signal = type === 'freeze' ? 'SIGSTOP' : 'SIGCONT';
    const asked = this.#link.ask({type, token}).then(({error, refused = []}) => {
      if (error !== null) this.#failures.addFailure({token, pid: null, signal, error});
      for (const one of refused) this.#failures.addFailure({token, signal, ...one});
      if (this.#underWay.get(token) === asked) this.#underWay.delete(token);
    });
    this.#underWay.set(token, asked);
  }

  /** Resolves once a pending freeze or thaw of the run is done. */
  settled(token: string): Promise<void> {
    return this.#underWay.get(token) ?? Promise.resolve();
  }

  /** Sends a signal to the main process. */
  send(token: string, name: SignalName): void {
    const signal = signalNumber(name) ?? 0;
    void this.#link.ask({type: 'signal-run', token, signal, tree: false}).then(({error}) => {
      if (error !== null) this.#failures.addFailure({token, pid: null, signal: name, error});
    });
  }
}
