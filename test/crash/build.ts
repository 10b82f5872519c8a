/** The instrumented program: built in a separate folder by the project's own build, never into dist/. */
import {spawnSync} from 'node:child_process';
import {appendFileSync, cpSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {project} from '../end-to-end/harness.ts';
import type {Site} from './effects.ts';

export interface Program {
  /** Its folder. */
  readonly folder: string;
  /** The folder of the same program as another version, the target of upgrades. */
  readonly next: string;
  /** Every crash point of its sources. */
  readonly sites: readonly Site[];
}

function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const {status, stderr} = spawnSync(program, args, {cwd: project, encoding: 'utf8', env: {...process.env, ...env}});
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

/** @param mutants the names of the bugs to plant */
export function buildProgram(mutants: readonly string[] = []): Program {
  const name = ['program', ...mutants].join('.');
  const folder = join('.cache', 'crash', name);
  const plugin = join('.cache', 'crash', 'plugin.mjs');
  const sites = join(project, '.cache', 'crash', `${name}.sites.json`);
  mkdirSync(join(project, '.cache', 'crash'), {recursive: true});
  const bundle = ['--bundle', '--platform=node', '--format=esm', '--target=node20', '--packages=external'];
  run(join(project, 'node_modules/.bin/esbuild'), [
    'test/crash/plugin.ts',
    ...bundle,
    '--log-level=warning',
    `--outfile=${plugin}`,
  ]);
  run(process.execPath, ['build.mjs', `--out=${folder}`, `--plugin=${plugin}`], {
    CRASH_SITES: sites,
    CRASH_MUTANTS: mutants.join(','),
  });
  const next = join(project, `${folder}.next`);
  rmSync(next, {recursive: true, force: true});
  cpSync(join(project, folder), next, {recursive: true});
  for (const name of ['keeper.cjs', 'controller.cjs']) appendFileSync(join(next, name), '// another version\n');
  return {folder: join(project, folder), next, sites: JSON.parse(readFileSync(sites, 'utf8')) as Site[]}; // written by the plugin
}
