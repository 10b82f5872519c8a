/** The letters and names that ps(1) and sched(7) use for numbers of the kernel. */

/** The facts about a process that make up its STAT. */
export interface StatFacts {
  /** The code of the letter: R S D T t Z X I. */
  readonly state: number;
  readonly nice: number;
  readonly lockedBytes: number | null;
  readonly pid: number;
  readonly sid: number;
  readonly threads: number;
  readonly pgid: number;
  readonly foreground: number;
}

/**
 * Returns STAT as ps(1) shows it: the state, `<` nice below 0, `N` nice above 0, `L` has locked memory, `s` leads a
 * session, `l` has several threads, `+` is in the foreground of its terminal.
 */
export const statLetters = (of: StatFacts): string =>
  String.fromCharCode(of.state) +
  (of.nice < 0 ? '<' : of.nice > 0 ? 'N' : '') +
  (of.lockedBytes !== null && of.lockedBytes > 0 ? 'L' : '') +
  (of.sid === of.pid ? 's' : '') +
  (of.threads > 1 ? 'l' : '') +
  (of.pgid === of.foreground ? '+' : '');

const POLICIES = ['other', 'fifo', 'rr', 'batch', 'iso', 'idle', 'deadline', 'ext'];

/** Returns the name of a scheduling policy (sched(7)): SCHED_FIFO is `fifo`. */
export const policyName = (policy: number): string => POLICIES[policy] ?? String(policy);

/** A kernel thread: no program, no command line, no memory of its own. */
const PF_KTHREAD = 0x0020_0000;
export const isKernelThread = (flags: number): boolean => (flags & PF_KTHREAD) !== 0;
