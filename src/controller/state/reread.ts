/** Reads the fleet's file again. */
import type {Launch} from './launch.ts';
import type {FleetSpec} from '../../fleet/types.ts';

/** Resolves to the fleet as its file describes it now, or to why that can't be applied. */
export async function rereadFleet({name, file}: Launch): Promise<{fleet: FleetSpec} | {message: string}> {
  if (file === null) return {message: 'this fleet has no file: its workers were added by `brood add`'};
  // Imported on demand: a controller that reads no YAML need not have its parser in memory.
  const {parseFleetFile} = await import('../../fleet/read-file.ts');
  // Only errors are reported, and a path that can't be watched is none.
  const {fleet, problems} = await parseFleetFile(file, {unwatchable: () => null});
  if (fleet?.name === name) return {fleet};
  if (fleet) return {message: `${file} now describes fleet ${fleet.name}, but this is fleet ${name}`};
  const [first, ...rest] = problems.filter(({severity}) => severity === 'error');
  const more = rest.length > 0 ? ` (and ${rest.length} more; \`brood check\` lists all)` : '';
  return {
    message: first ? `${first.file}:${first.line}:${first.column}: ${first.message}${more}` : `${file} can't be read`,
  };
}
