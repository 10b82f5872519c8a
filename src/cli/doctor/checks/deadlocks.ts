/** Processes that wait for each other's locks. */
import {fixDeadlock} from '../fixes.ts';
import type {Link} from '../findings.ts';
import type {FindingCheck} from '../target.ts';

const idOf = ({worker, instance}: Link): string | null => (worker === null ? null : `${worker}/${instance ?? ''}`);

const who = (link: Link): string => `${idOf(link) ?? link.name ?? 'a process'} (pid ${link.pid})`;

export const deadlocks: FindingCheck = ({deadlocks: all, leftOut, client}) => [
  ...all.map(({cycle}) => {
    const last = cycle.findLast(link => idOf(link) !== null) ?? cycle.at(-1);
    const id = last === undefined ? null : idOf(last);
    const circle = cycle.map(link => `${who(link)} holds ${link.holds} and waits for ${link.waitsFor}`);
    return {
      kind: 'deadlock',
      worker: last?.worker ?? null,
      message: `${circle.join('; ')}. Each waits for what the next one holds, so none of them can continue.`,
      advice: `To prevent this, all processes must take their locks in the same order. To resolve it, one of them must release its locks: ${id === null ? `\`kill ${last?.pid ?? ''}\`` : `\`brood restart ${id}\`, as \`--fix\` does`}.`,
      fix: fixDeadlock(id, client),
    };
  }),
  ...leftOut.map(words => ({
    kind: 'locks',
    worker: null,
    message: `${words}. A deadlock among them would not be detected.`,
    advice: '`brood ipc --all --kind lock` shows which processes hold so many.',
    harmless: true,
  })),
];
