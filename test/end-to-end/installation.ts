/** Other installations of the same program, as an update of the package would make them, good or bad. */
import {execFile} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {project, type Ran, type TestFleet} from './harness.ts';

/** Makes an installation in the fleet's folder, with text before its programs; returns the path of its command. */
export function installation(fleet: TestFleet, name: string, before: Readonly<Record<string, string>>): string {
  const dist = fleet.path(name, 'dist');
  mkdirSync(fleet.path(name));
  cpSync(join(project, 'dist'), dist, {recursive: true});
  symlinkSync(join(project, 'node_modules'), fleet.path(name, 'node_modules'));
  for (const [file, text] of Object.entries(before)) {
    writeFileSync(join(dist, file), `${text}\n${readFileSync(join(dist, file), 'utf8')}`);
  }
  return join(dist, 'cli.js');
}

/** Runs a command of another installation. */
export const runOf = (
  fleet: TestFleet,
  program: string,
  env: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<Ran> =>
  new Promise(resolve => {
    const options = {
      cwd: fleet.folder,
      env: {...fleet.env, ...env},
      timeout: 90_000,
      killSignal: 'SIGKILL',
    } as const;
    execFile(process.execPath, [program, ...args], options, (error, out, err) => {
      resolve({code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, out, err});
    });
  });
