/** Checks the supervisor's own processes from outside, so it works when none of them answers. */
import {fixStopped} from '../fixes.ts';
import type {Problem, SupervisorCheck} from '../target.ts';
import {isThere, type SupervisorLook} from '../../target/supervisor-troubles.ts';

export const supervisor: SupervisorCheck = ({look, troubles}) => [
  ...troubles.map(({part, kind, process, words, cure}): Problem => ({
    kind: `${part}-${kind}`,
    worker: null,
    message: words,
    advice: `${cure.charAt(0).toUpperCase()}${cure.slice(1)}.`,
    fix: kind === 'stopped' && process ? fixStopped(process) : null,
  })),
  ...withoutAnchor(look),
];

function withoutAnchor({anchor, keeper}: SupervisorLook): Problem[] {
  if (isThere(anchor) || keeper === null || !isThere(keeper)) return [];
  return [
    {
      kind: 'no-anchor',
      worker: null,
      harmless: true,
      message: `${anchor === null ? 'there is no anchor' : `the anchor (pid ${anchor.pid}) is gone`}: if the keeper is killed, nothing restarts it`,
      advice: `\`kill -KILL ${keeper.pid}\`, then \`brood up\`, starts a new anchor; the workers keep running.`,
    },
  ];
}
