/** Reports weaker guarantees on this machine, each with a remedy. */
import type {Check} from '../target.ts';

/** Advice for a weaker guarantee, by a pattern in its text. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /a stop does not prove/,
    'Stop or restart the named workers: the process is ended with the last of them. If it is a daemon that should keep running, start it as a worker.',
  ],
  [
    /or by exclusion/,
    'The process connector works only in the initial pid, user and network namespaces, and before Linux 6.6 only for root.',
  ],
  [
    /^the kernel refuses/,
    'Use a newer kernel, or a container profile that allows the call (docs/guide.md, “Kernels and container profiles”).',
  ],
  [
    /memory of|processor time of/,
    'Give the fleet its own cgroup with these controllers: under systemd, `Delegate=yes` in its unit; on a machine with cgroup version 1, `systemd.unified_cgroup_hierarchy=1` at boot.',
  ],
  [
    /by the process connector/,
    'Give the fleet its own cgroup: under systemd, `Delegate=yes` in its unit; in a container, a writable /sys/fs/cgroup. A cgroup also contains processes that are forked while no keeper runs.',
  ],
  [
    /cgroup/i,
    'Give the fleet its own cgroup: under systemd, `Delegate=yes` in its unit; in a container, a writable /sys/fs/cgroup. Without it, brood relies on parents, sessions and environment.',
  ],
  [/recorded|output can't be written/i, 'Free some space on that disk; brood then continues automatically.'],
  [/copied/i, "Free some space on the disk of the fleet's folder, then run `brood upgrade`."],
];

/** Kinds of current failures, which are graver than a weaker guarantee. */
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/output can't be written/, 'output-held'],
  [/can't be recorded/, 'not-recorded'],
];

/** Reported by `checks/supervisor.ts`, which also finds an anchor that was lost later. */
const NO_ANCHOR = /^no anchor/i;

export const guarantees: Check = ({supervisor}) =>
  supervisor.guarantees.weaker
    .filter(words => !NO_ANCHOR.test(words))
    .map(words => {
      const worse = KINDS.find(([pattern]) => pattern.test(words))?.[1];
      return {
        kind: worse ?? 'weaker-guarantee',
        worker: null,
        harmless: worse === undefined,
        message: words,
        advice: ADVICE.find(([pattern]) => pattern.test(words))?.[1] ?? 'No action is required.',
      };
    });
