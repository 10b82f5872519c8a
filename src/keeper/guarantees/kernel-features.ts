/**
 * Kernel features that brood uses and can do without: the Linux version that introduced each, the test for its absence,
 * and what is weaker without it. An old kernel returns ENOSYS (EINVAL for a flag, ENOTTY for an ioctl), a container's
 * seccomp profile mostly EPERM. docs/guide.md has the same table for users.
 */
import {release} from 'node:os';
import {fetchRefusal} from '../../posix/listen.ts';
import {pidfdInfoRefusal, pidfdRefusals} from '../../posix/pidfd.ts';
import {subreaperRefusal} from '../../posix/process.ts';
import {spliceRefusalIn} from '../../posix/splice-trial.ts';
import {hiddenBy} from '../../process/hidepid.ts';

export interface KernelFeature {
  readonly name: string;
  /** The first Linux that has it; null: it depends on the setup of the machine. */
  readonly since: string | null;
  /** Returns the error with which it is refused here; null: it is available. `folder` is the fleet's folder. */
  readonly refusal: (folder: string) => string | null;
  /** What brood does instead, and what is weaker because of that. */
  readonly without: string;
}

/**
 * Not listed: close_range(2) and epoll_wait(2), whose substitutes are as good, and cgroups and the process connector,
 * which have messages of their own. Node itself needs epoll and eventfd(2).
 */
export const KERNEL_FEATURES: readonly KernelFeature[] = [
  {
    name: 'pidfd_open',
    since: '5.3',
    refusal: () => pidfdRefusals().open,
    without:
      'processes are identified by pid and start time. A signal to a process that is not the keeper’s own child is sent right after the comparison; a pid that is given to another process between the two would be hit. The end of a worker that an earlier keeper started is noticed by looking, up to a second late',
  },
  {
    name: 'pidfd_send_signal',
    since: '5.1',
    refusal: () => (pidfdRefusals().open === null ? pidfdRefusals().send : null),
    without:
      'signals are sent by pid, right after the start time was compared. A pid that is given to another process between the two would be hit; the keeper’s own children keep theirs',
  },
  {
    name: 'pidfd_getfd',
    since: '5.6',
    refusal: () => (pidfdRefusals().open === null ? fetchRefusal() : null),
    without:
      'a keeper that replaces a lost one can’t fetch listening sockets from the workers: it binds them anew, which fails while a worker of the lost keeper listens there, and connections that wait are lost',
  },
  {
    name: 'PIDFD_GET_INFO',
    since: '6.15',
    refusal: () => (pidfdRefusals().open === null ? pidfdInfoRefusal(release()) : null),
    without:
      'how a worker ended that an earlier keeper started is often not known: its end is reported as `unknown`, and counts as a failure',
  },
  {
    name: 'splice',
    since: '2.6.17',
    refusal: spliceRefusalIn,
    without:
      'output is read and written. A keeper that is killed between the two loses up to 64 KiB of each stream that it was copying',
  },
  {
    name: 'PR_SET_CHILD_SUBREAPER',
    since: '3.4',
    refusal: subreaperRefusal,
    without:
      'a process that loses its parent becomes the child of a process outside of the fleet: it is not reported as an orphan, how it ends is not known, and only the process connector still tells whose it is. Where that can’t be had either, no stop proves that nothing is left',
  },
  {
    name: 'visible processes in /proc',
    since: null,
    refusal: () => hiddenBy(),
    without:
      'processes of other users can’t be seen: what a worker runs as another user is not shown, and its stop does not find what is left of it. If that has lost its parent, the stop says so and proves less',
  },
];
