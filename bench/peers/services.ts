/** Service folders, each with a program `run` and an optional `log/run`, as s6 and runit share them. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {program, treesOf} from '../processes.ts';
import type {Setting} from './peer.ts';

function script(folder: string, command: string): void {
  mkdirSync(folder, {recursive: true});
  writeFileSync(join(folder, 'run'), `#!/bin/sh\nexec ${command}\n`, {mode: 0o755});
}

/**
 * Returns the folder with all services. `logger` runs in a folder of its own, with the worker's output as its stdin.
 */
export function services({n, folder, pulse, logged}: Setting, logger: string): string {
  for (let i = 0; i < n; i++) {
    const service = join(folder, 'services', `p${i}`);
    script(service, `${pulse} p${i}`);
    if (logged) script(join(service, 'log'), logger);
  }
  return join(folder, 'services');
}

/** Returns the processes below the roots that run this program. */
export const running = (name: string, roots: readonly number[]): number[] =>
  treesOf(roots)
    .map(({pid}) => pid)
    .filter(pid => program(pid).endsWith(`/${name}`));
