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
          ? 'Daemons do this on purpose to move into the background. If it is no longer needed, `--fix` kills it.'
          : `It keeps running until the run of ${id} ends, and is then killed. Daemons do this on purpose to move into the background; if it is not intended, the worker must wait for its children before it exits. \`--fix\` kills it; in the fleet file, \`orphans: kill\` does so automatically.`,
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
  return `${parent} exited${when}, and the kernel reparented it ${heir}, which now waits for it`;
}
