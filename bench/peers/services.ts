/** A folder for each service with a program `run` in it: s6 and runit share that, and how a logger is attached. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {program, treesOf} from '../processes.ts';
import type {Setting} from './peer.ts';

function script(folder: string, command: string): void {
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'run'), `#!/bin/sh\nexec ${command}\n`, {mode: 0o755});
}

/** The folder with all of them. `logger` is run in a folder of the worker's own, with its output as standard input. */
export function services({n, folder, pulse, logged}: Setting, logger: string): string {
  for (let i = 0; i < n; i++) {
    const service = join(folder, 'services', `p${i}`);
    script(service, `${pulse} p${i}`);
    if (logged) script(join(service, 'log'), logger);
  }
  return join(folder, 'services');
}

/** The processes below the roots that run this program. */
export const running = (name: string, roots: readonly number[]): number[] =>
  treesOf(roots)
    .map(({pid}) => pid)
    .filter(pid => program(pid).endsWith(`/${name}`));
