/** Reports orphans: harmless by themselves, but often unintended. */
import {formatDuration} from '../../../base/format.ts';
import type {OrphanReport} from '../../../control/reports.ts';
import {fixOrphan} from '../fixes.ts';
import type {FindingCheck} from '../target.ts';

const MAX_COMMAND = 100;

export const orphans: FindingCheck = ({orphans: all, client}) =>
  all.map(orphan => {
    const {pid, command, worker, instance} = orphan;
    const id = worker === null ? null : `${worker}/${instance ?? ''}`;
    return {
      kind: 'orphan',
      worker,
      harmless: true,
      message: `process ${pid} (${command.slice(0, MAX_COMMAND)})${id === null ? '' : ` of ${id}`} is an orphan: ${history(orphan)}.`,
      advice:
        id === null
          ? 'A daemon puts itself into the background like that, and then all is well. If nobody needs it any more, `--fix` ends it.'
          : `It goes on until the run of ${id} ends, and is ended with it. A daemon puts itself into the background like that; if it was not meant, the worker has to wait for its children before it ends. \`--fix\` ends it; in the fleet file \`orphans: kill\` does so by itself.`,
      fix: fixOrphan(orphan, client),
    };
  });

function history({worker, formerParent, formerParentName, adoptedAt}: OrphanReport): string {
  const parent =
    formerParent === null
      ? 'its parent'
      : `its parent ${formerParent}${formerParentName === null ? '' : ` (${formerParentName})`}`;
  const when = adoptedAt === null ? '' : ` ${formatDuration(Date.now() - Date.parse(adoptedAt))} ago or earlier`;
  const heir = adoptedAt !== null || worker !== null ? 'to brood' : 'to init';
  return `${parent} has ended${when}, and the kernel gave it ${heir}, who waits for it now`;
}
