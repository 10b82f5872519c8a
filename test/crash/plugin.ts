/** The esbuild plugin that inserts crash points into bundled sources, and writes the list of them. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Plugin} from 'esbuild';
import {Effects, type Site} from './effects.ts';
import {mutate} from './mutants.ts';

const root = process.cwd();
/** One instance for all builds of a run of build.mjs: a source has the same numbers in each program. */
const mutants = (process.env['CRASH_MUTANTS'] ?? '').split(',');
const effects = Effects.ofProject(join(root, 'tsconfig.json'), (path, text) => mutate(path, text, mutants));
const sites: Site[] = [];
const done = new Map<string, string>();

function instrumented(path: string): string {
  const known = done.get(path);
  if (known !== undefined) return known;
  const {sites: found, text} = effects.instrument(path, sites.length);
  sites.push(...found);
  done.set(path, text);
  return text;
}

const plugin: Plugin = {
  name: 'crash-points',
  setup(build) {
    const sitesPath = process.env['CRASH_SITES'];
    build.onResolve({filter: /^crash:runtime$/}, () => ({path: join(root, 'test/crash/runtime.ts')}));
    build.onLoad({filter: /\/src\/.*\.ts$/}, ({path}) => {
      if (!path.startsWith(join(root, 'src/'))) return undefined;
      return {contents: instrumented(path), loader: 'ts'};
    });
    build.onEnd(() => {
      if (sitesPath !== undefined) writeFileSync(sitesPath, JSON.stringify(sites, null, 1));
    });
  },
};

export default plugin;
