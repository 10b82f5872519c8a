/** Advice at the end of a story. */
import {statusOf, type End, type Evidence} from './evidence.ts';

/** Returns at most one paragraph. */
export function advise(evidence: Evidence, end: End | null): readonly string[] {
  const {id, detail} = evidence;
  const {status} = statusOf(evidence);
  if (!detail) return [`What to do: \`brood up\` starts the fleet again and takes back what still lives.`];
  const code = end?.record.type === 'spawn-failed' ? String(end.record['code']) : '';
  switch (status) {
    case 'failed':
      if (code === 'ENOENT')
        return [
          `What to do: correct the program's path (or PATH) in the fleet file, then \`brood apply\`; or put the program there and \`brood start ${id}\`.`,
        ];
      if (code === 'EINVAL' || code === 'EPERM')
        return [`What to do: correct that in the fleet file, then \`brood apply\`.`];
      if (code === 'EACCES')
        return [`What to do: make the program executable (\`chmod +x\`), then \`brood start ${id}\`.`];
      return [
        `What to do: \`brood logs ${id}\` shows more of what it wrote; once its cause is gone, \`brood start ${id}\`.`,
      ];
    case 'backoff':
      return [
        `What to do: \`brood logs ${id}\` shows what it wrote. It is tried again by itself; \`brood start ${id}\` does it now, \`brood stop ${id}\` ends that.`,
      ];
    case 'pending':
      return [`What to do: it starts by itself once what it waits for is so; \`brood ps\` shows what is not.`];
    case 'stopped':
      return [`What to do: \`brood start ${id}\` starts it again.`];
    default:
      return [];
  }
}
