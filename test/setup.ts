/** Builds the program before all tests. Checks after them that no process of a test fleet is left. */
import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {TAG} from './end-to-end/harness.ts';
import {commandLine, environment, everyProcess} from './end-to-end/processes.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Environment variable of every process of this test run: another run may be under way on this machine. */
const RUN = `${process.pid}-${Date.now()}`;

export function setup(): void {
  process.env['TEST_RUN'] = RUN;
  // `make test` has just built it; a test run by hand must not test an old program. Fleets of another run may be using
  // the
  // build, so it is not replaced without need.
  if (builtAt() > changedAt()) return;
  const {status, stderr} = spawnSync(process.execPath, ['build.mjs'], {cwd: root, encoding: 'utf8'});
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
}

export function teardown(): void {
  const left = everyProcess().filter(({pid, state}) => state !== 'Z' && isOurs(pid));
  if (left.length === 0) return;
  const lines = left.map(({pid, name}) => `  ${pid} ${name}: ${commandLine(pid).join(' ').slice(0, 120)}`);
  process.exitCode = 1;
  throw new Error(`processes of test fleets are left:\n${lines.join('\n')}`);
}

const builtAt = (): number => statSync(join(root, 'dist', 'cli.js'), {throwIfNoEntry: false})?.mtimeMs ?? 0;

function changedAt(): number {
  const folders = ['src', 'ui', 'build'].filter(folder => existsSync(join(root, folder)));
  const sources = folders.flatMap(folder =>
    readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).map(name => join(folder, name)),
  );
  const files = ['build.mjs', 'package.json', ...sources];
  return Math.max(...files.map(name => statSync(join(root, name), {throwIfNoEntry: false})?.mtimeMs ?? Infinity));
}

function isOurs(pid: number): boolean {
  const all = environment(pid);
  return all.includes(`TEST_RUN=${RUN}`) && all.some(entry => entry.startsWith(`${TAG}=`));
}
