/** Advice at the end of a story. */
import {statusOf, type End, type Evidence} from './evidence.ts';

/** Returns at most one paragraph. */
export function advise(evidence: Evidence, end: End | null): readonly string[] {
  const {id, detail} = evidence;
  const {status} = statusOf(evidence);
  if (!detail) return [`What to do: \`brood up\` starts the fleet again and adopts processes that are still running.`];
  const code = end?.record.type === 'spawn-failed' ? String(end.record['code']) : '';
  switch (status) {
    case 'failed':
      if (code === 'ENOENT')
        return [
          `What to do: correct the path of the program (or PATH) in the fleet file and run \`brood apply\`; or install the program and run \`brood start ${id}\`.`,
        ];
      if (code === 'EINVAL' || code === 'EPERM')
        return [`What to do: correct the fleet file, then run \`brood apply\`.`];
      if (code === 'EACCES')
        return [`What to do: make the program executable (\`chmod +x\`), then run \`brood start ${id}\`.`];
      return [
        `What to do: \`brood logs ${id}\` shows more of its output; fix the cause, then run \`brood start ${id}\`.`,
      ];
    case 'backoff':
      return [
        `What to do: \`brood logs ${id}\` shows its output. It is retried automatically; \`brood start ${id}\` retries now, \`brood stop ${id}\` ends the retries.`,
      ];
    case 'pending':
      return [`What to do: it starts automatically when its wait is over; \`brood ps\` shows what it waits for.`];
    case 'stopped':
      return [`What to do: \`brood start ${id}\` starts it again.`];
    default:
      return [];
  }
}
