/** Reports weaker guarantees on this machine, each with a remedy. */
import type {Check} from '../target.ts';

/** Advice for a weaker guarantee, by a pattern in its text. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /a stop does not prove/,
    'Stop or restart the workers that are named: it ends with the last of them. If it is a daemon that is meant to live on, start it as a worker.',
  ],
  [
    /or by exclusion/,
    'The kernel serves the process connector in its first pid, user and network namespaces, and before Linux 6.6 only to root.',
  ],
  [
    /^the kernel refuses/,
    'A newer kernel has it, or a container profile that allows the call (docs/guide.md, “Kernels and container profiles”).',
  ],
  [
    /memory of|processor time of/,
    'Give the fleet a cgroup of its own with these controllers: under systemd `Delegate=yes` in its unit; on a machine with cgroup version 1, `systemd.unified_cgroup_hierarchy=1` at boot.',
  ],
  [
    /told by the process connector/,
    'Give the fleet a cgroup of its own: under systemd `Delegate=yes` in its unit, in a container a writable /sys/fs/cgroup. It also holds what is forked while no keeper looks.',
  ],
  [
    /cgroup/i,
    'Give the fleet a cgroup of its own: under systemd `Delegate=yes` in its unit, in a container a writable /sys/fs/cgroup. Without, all is done by parents, sessions and environment.',
  ],
  [/recorded|output can't be written/i, 'Make room on that disk; what was held back goes on by itself.'],
  [/copied/i, 'Make room where the fleet’s folder lies, then `brood upgrade`.'],
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
        advice: ADVICE.find(([pattern]) => pattern.test(words))?.[1] ?? 'Nothing has to be done; it is good to know.',
      };
    });
