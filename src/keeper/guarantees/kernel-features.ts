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
      'processes are identified by pid and start time. A signal to a process that is not the keeper’s own child is sent right after the comparison; a process that reuses the pid in between would get it. The end of a worker that an earlier keeper started is detected by polling, up to a second late',
  },
  {
    name: 'pidfd_send_signal',
    since: '5.1',
    refusal: () => (pidfdRefusals().open === null ? pidfdRefusals().send : null),
    without:
      'signals are sent by pid, right after the start time is compared. A process that reuses the pid in between would get the signal; pids of the keeper’s own children are not reused',
  },
  {
    name: 'pidfd_getfd',
    since: '5.6',
    refusal: () => (pidfdRefusals().open === null ? fetchRefusal() : null),
    without:
      'a keeper that replaces a lost one can’t fetch listening sockets from the workers: it binds them again, which fails while a worker of the lost keeper listens there, and waiting connections are lost',
  },
  {
    name: 'PIDFD_GET_INFO',
    since: '6.15',
    refusal: () => (pidfdRefusals().open === null ? pidfdInfoRefusal(release()) : null),
    without:
      'the exit status of a worker that an earlier keeper started is often lost: it is reported as `unknown`, and counts as a failure',
  },
  {
    name: 'splice',
    since: '2.6.17',
    refusal: spliceRefusalIn,
    without:
      'output is copied by read and write. A keeper that is killed in between loses up to 64 KiB of each stream that it was copying',
  },
  {
    name: 'PR_SET_CHILD_SUBREAPER',
    since: '3.4',
    refusal: subreaperRefusal,
    without:
      'a process that loses its parent becomes a child of a process outside the fleet: it is not reported as an orphan, its exit status is unknown, and only the process connector can still attribute it. Without the connector, no stop proves that nothing is left',
  },
  {
    name: 'visible processes in /proc',
    since: null,
    refusal: () => hiddenBy(),
    without:
      'processes of other users can’t be seen: those that a worker runs as another user are not shown, and a stop does not find them if they are left behind. If such a process has lost its parent, the stop reports it and proves less',
  },
];
