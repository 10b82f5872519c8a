import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {background} from './commands.ts';
import {withAndWithout, type Kind} from './peer.ts';

export const cli = (): string => join(process.cwd(), 'dist', 'cli.js');

export const brood: Kind = {
  name: 'brood',
  most: Infinity,
  blows: [
    {hits: ['anchor'], again: null},
    {hits: ['keeper'], again: null},
    {hits: ['controller'], again: null},
    {hits: ['keeper', 'controller'], again: null},
    ...withAndWithout(['anchor', 'keeper', 'controller'], 'brood up'),
  ],
  logs: /\/out\.log$/,
  version: () => (JSON.parse(readFileSync('package.json', 'utf8')) as {version: string}).version,
  make(setting) {
    const {folder, n, pulse, env} = setting;
    writeFileSync(
      join(folder, 'brood.yaml'),
      `fleet: bench\nworkers:\n  p:\n    run: [${pulse}]\n    instances: ${n}\n    stop: {timeout: 5s}\n`,
    );
    const command = (...args: string[]): string[] => [process.execPath, cli(), ...args];
    const own = {...setting, env: {...env, BROOD_HOME: join(folder, 'home')}};
    const parts = (): Record<string, number | null> => {
      const answer = execFileSync(process.execPath, [cli(), 'ps', '--json'], {cwd: folder, env: own.env});
      const {supervisor} = JSON.parse(answer.toString()) as {
        supervisor: {anchor: number | null; pid: number; controller: number};
      };
      return {anchor: supervisor.anchor, keeper: supervisor.pid, controller: supervisor.controller};
    };
    const known = (pids: readonly (number | null | undefined)[]): number[] =>
      pids.filter(pid => pid !== null && pid !== undefined);
    return background(
      {start: command('up', '-d'), stop: command('down'), list: command('ps'), again: command('up', '-d')},
      own,
      {roots: () => known(Object.values(parts())), part: name => known([parts()[name]])},
    );
  },
};
