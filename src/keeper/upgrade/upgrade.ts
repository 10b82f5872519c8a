/**
 * Replaces the programs of the supervisor, or changes nothing. A new controller is started beside the working one, and
 * a new keeper is tried if it differs; when both have shown that they work, the old controller commits and hands over.
 * A keeper that differs then replaces the old one (execve: the same pid, the children stay), once the new controller
 * holds the output of all runs, including those that have begun meanwhile; then the new controller gets its welcome.
 * The new programs become current only when the new controller answers on the control socket; until then any failure or
 * timeout leads back to the old ones, which the anchor would start, too.
 */
import {formatDuration} from '../../base/format.ts';
import {messageOf} from '../../base/errors.ts';
import type {Replaced, UpgradeUnderWay} from '../handover.ts';
import type {Code} from '../code/installed.ts';
import type {ControllerProcess} from '../controller/process.ts';
import type {KeeperTrial} from '../code/trial.ts';
import type {Link} from '../controller/link.ts';
import type {Fact, FailedUpgrade} from '../../link/facts.ts';
import {whenCopied} from '../../posix/mover.ts';
import {writeError} from '../../posix/standard-error.ts';

const PATIENCE_MS = 10_000;

export interface UpgradeHost {
  readonly folder: string;
  readonly code: Code;
  readonly link: Link;
  readonly trial: KeeperTrial;
  /** Sends a fact to the working controller. */
  readonly emitFact: (fact: Fact) => void;
  /** Becomes another image of the keeper. Throws if that is not possible. */
  readonly become: (program: string, upgrade: UpgradeUnderWay | null, failed: FailedUpgrade | null) => never;
}

/**
 * - `preparing`: the new programs have not shown yet that they work
 * - `prepared`: the old controller was asked to hand over
 * - `holding`: the old controller has handed over, and the new one opens the output of all runs
 * - `taking`: the new controller works, but has not answered on its socket yet
 */
interface UnderWay {
  readonly to: string;
  step: 'preparing' | 'prepared' | 'holding' | 'taking';
  readonly until: number;
  readonly timer: NodeJS.Timeout;
  candidate: ControllerProcess | null;
  isControllerReady: boolean;
  isKeeperReady: boolean;
  /** The keeper to return to if this is the new one. */
  readonly back: string | null;
}

export class Upgrade {
  readonly #host: UpgradeHost;
  #now: UnderWay | null = null;
  #failed: FailedUpgrade | null;

  /** @param replaced state that the replaced image has left; null if this image replaces none */
  constructor(host: UpgradeHost, replaced: Replaced | null) {
    this.#host = host;
    const {next} = host.code;
    // If `next` is current, the upgrade was complete; the controller detects that itself.
    const lost = next !== null && next !== host.code.current;
    const failed = lost ? {to: next, message: 'the keeper was lost during the upgrade'} : null;
    this.#failed = replaced ? replaced.failed : failed;
    // The keeper was lost after a complete upgrade, before it had cleared `next`.
    if (next !== null && !lost) this.#forgetNext();
  }

  /** Returns the last failed upgrade, once. */
  takeFailed(): FailedUpgrade | null {
    const failed = this.#failed;
    this.#failed = null;
    if (failed !== null) this.#forgetNext();
    return failed;
  }

  begin(to: string): void {
    const {code, link, folder, emitFact: say} = this.#host;
    if (this.#now !== null) {
      say({type: 'upgrade-failed', to, message: 'another upgrade is in progress'});
      return;
    }
    const now = this.#start(to, 'preparing', Date.now() + PATIENCE_MS, null);
    try {
      const problem = code.problemOf(to);
      if (problem !== null) throw new Error(problem);
      code.next = to;
      now.candidate = link.spawn(code.controller(folder, to), {
        order: order => {
          if (order.type !== 'prepared' || this.#now !== now) return;
          if (order.error !== null) this.#fail(`the new controller can't take over: ${order.error}`);
          else if (now.step === 'holding') this.#replace(now);
          else {
            now.isControllerReady = true;
            this.#prepared();
          }
        },
        ended: how => {
          if (this.#now === now) this.#fail(`the new controller ended (${how})`);
        },
      });
      now.candidate.send({type: 'handshake'});
      if (code.isSameKeeper(to)) now.isKeeperReady = true;
      else this.#tryKeeper(now);
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  /** Continues the upgrade once the old controller has committed everything. */
  handOver(): void {
    const {code, link} = this.#host;
    const now = this.#now;
    link.release();
    if (now?.step !== 'prepared' || now.candidate === null) {
      // The upgrade was cancelled at this moment, and the old controller has closed its socket: a controller of the old
      // code reopens it.
      link.start();
      return;
    }
    if (code.isSameKeeper(now.to)) {
      now.step = 'taking';
      link.useController(now.candidate);
      return;
    }
    // No run begins from here on. The candidate does not hold the output of runs that began since its first handshake.
    now.step = 'holding';
    now.candidate.send({type: 'handshake'});
  }

  #replace(now: UnderWay): void {
    const {code, become} = this.#host;
    const {to, until, candidate} = now;
    if (candidate === null) return;
    whenCopied(() => {
      if (this.#now !== now) return; // the upgrade has ended meanwhile
      try {
        const back = code.keeper(code.own);
        become(code.keeper(to), {to, until, controller: candidate.pid, link: candidate.fd, back}, null);
      } catch (error) {
        this.#fail(messageOf(error));
      }
    });
  }

  /** Continues the upgrade in the new keeper: the new controller gets its welcome. */
  resume({to, until, back}: UpgradeUnderWay, candidate: ControllerProcess): void {
    const now = this.#start(to, 'taking', until, back);
    now.candidate = candidate;
    this.#host.link.useController(candidate);
  }

  /** Completes the upgrade: the working controller answers on its socket. */
  ready(): void {
    const {code, emitFact: say} = this.#host;
    const now = this.#now;
    if (now?.step !== 'taking') return;
    const from = code.current;
    try {
      code.makeCurrent(now.to);
    } catch (error) {
      this.#fail(messageOf(error));
      return;
    }
    this.#finish();
    this.#forgetNext();
    say({type: 'upgraded', from, to: now.to});
  }

  /** Cancels the upgrade because the working controller, old or new, is lost or keeps its lease. */
  cancel(why: string): void {
    if (this.#now !== null) this.#fail(why);
  }

  #start(to: string, step: UnderWay['step'], until: number, back: string | null): UnderWay {
    const timer = setTimeout(
      () => this.#fail(`it took longer than ${formatDuration(PATIENCE_MS)}`),
      Math.max(0, Math.min(until - Date.now(), PATIENCE_MS)),
    );
    this.#now = {to, step, until, timer, candidate: null, isControllerReady: false, isKeeperReady: false, back};
    return this.#now;
  }

  #tryKeeper(now: UnderWay): void {
    const {code, folder, trial} = this.#host;
    const command = code.command(code.keeper(now.to), [folder, '--check']);
    const done = (problem: string | null): void => {
      if (this.#now !== now) return;
      if (problem !== null) {
        this.#fail(problem);
        return;
      }
      now.isKeeperReady = true;
      this.#prepared();
    };
    trial.run(command, done);
  }

  #prepared(): void {
    const now = this.#now;
    if (now?.step !== 'preparing' || !now.isControllerReady || !now.isKeeperReady) return;
    now.step = 'prepared';
    this.#host.emitFact({type: 'upgrade-prepared'});
  }

  #fail(message: string): void {
    const {link, emitFact: say, become} = this.#host;
    const now = this.#now;
    if (now === null) return;
    this.#finish();
    const failed = {to: now.to, message};
    writeError(`brood keeper: upgrade to ${now.to} failed: ${message}\n`);
    now.candidate?.kill('SIGKILL');
    if (now.step === 'holding') {
      // The old controller has exited: another one of the old code reports the failure.
      this.#failed = failed;
      now.candidate?.hangUp();
      link.start();
      return;
    }
    if (now.step !== 'taking') {
      now.candidate?.hangUp();
      say({type: 'upgrade-failed', ...failed});
      // If the working controller was just lost, its successor gets the failure.
      if (link.pid === null) this.#failed = failed;
      else this.#forgetNext();
      return;
    }
    this.#failed = failed;
    // Old controllers and the old keeper belong together: the new keeper becomes the old one again.
    const {back} = now;
    if (back !== null) whenCopied(() => become(back, null, failed));
  }

  #finish(): void {
    if (this.#now) clearTimeout(this.#now.timer);
    this.#now = null;
  }

  #forgetNext(): void {
    try {
      this.#host.code.next = null;
    } catch {
      // The disk accepts no change: the next keeper reports a lost upgrade, which is true.
    }
  }
}
