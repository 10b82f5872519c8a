/** Cores with planted bugs: the source of the supervisor with one passage replaced, bundled and imported. */
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, type Plugin} from 'esbuild';
import type {CoreModule} from './core-module.ts';
import {GROUP_MUTANTS} from './mutants/groups.ts';
import {MONITORING_MUTANTS} from './mutants/monitoring.ts';
import type {Mutant} from './mutants/mutant.ts';
import {ORDER_MUTANTS} from './mutants/order.ts';
import {RESTART_MUTANTS} from './mutants/restarts.ts';
import {RUN_MUTANTS} from './mutants/runs.ts';
import {SCHEDULE_MUTANTS} from './mutants/schedule.ts';
import {STATE_MUTANTS} from './mutants/state.ts';

export const MUTANTS: readonly Mutant[] = [
  ...STATE_MUTANTS,
  ...RUN_MUTANTS,
  ...MONITORING_MUTANTS,
  ...RESTART_MUTANTS,
  ...ORDER_MUTANTS,
  ...GROUP_MUTANTS,
  ...SCHEDULE_MUTANTS,
];

/**
 * Bundles and imports the supervisor with a planted bug.
 *
 * @throws Error unless the passage occurs exactly once, since the list must follow the source.
 */
export async function mutated({file, from, to, bug}: Mutant): Promise<CoreModule> {
  let planted = 0;
  const plant: Plugin = {
    name: 'plant',
    setup(esbuild) {
      esbuild.onLoad({filter: /src\/supervisor\/.*\.ts$/}, ({path}) => {
        const source = readFileSync(path, 'utf8');
        if (basename(path) !== file) return {contents: source, loader: 'ts'};
        planted = source.split(from).length - 1;
        return {contents: source.replace(from, to), loader: 'ts'};
      });
    },
  };
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('../../src/supervisor/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    logLevel: 'error',
    plugins: [plant],
  });
  if (planted !== 1) throw new Error(`"${bug}": its passage is ${planted} times in ${file}`);
  const code = Buffer.from(bundle.outputFiles[0]?.contents ?? []).toString('base64');
  return import(`data:text/javascript;base64,${code}`) as Promise<CoreModule>;
}
