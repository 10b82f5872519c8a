import {spawnSync} from 'node:child_process';
import {accessSync, constants, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {background, found} from './commands.ts';
import {withAndWithout, type Kind} from './peer.ts';

const PM2 = '7';

/** Installs pm2 from npm into a folder of the benchmark: pm2 is no dependency of the project. */
function pm2Command(): string | null {
  if (process.env['PM2']) return process.env['PM2'];
  const cache = join(process.cwd(), '.cache', 'bench', 'pm2');
  const command = join(cache, 'node_modules', '.bin', 'pm2');
  if (!found('npm')) return null;
  try {
    accessSync(command, constants.X_OK);
  } catch {
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', '--prefix', cache];
    mkdirSync(cache, {recursive: true});
    const {status} = spawnSync('npm', ['install', ...options, `pm2@${PM2}`], {stdio: ['ignore', 'ignore', 'inherit']});
    if (status !== 0) return null;
  }
  return command;
}

export const pm2: Kind = {
  name: 'pm2',
  most: Infinity,
  blows: withAndWithout(['daemon'], 'pm2 resurrect'),
  logs: /\/home\/logs\/.*-out.*\.log$/,
  version() {
    const command = pm2Command();
    if (command === null) return null;
    const manifest = join(command, '..', '..', 'pm2', 'package.json');
    try {
      return (JSON.parse(readFileSync(manifest, 'utf8')) as {version: string}).version;
    } catch {
      return '?';
    }
  },
  make(setting) {
    const {folder, n, pulse} = setting;
    const command = pm2Command() ?? 'pm2';
    const home = join(folder, 'home');
    const file = join(folder, 'fleet.config.js');
    const apps = Array.from({length: n}, (_, i) => ({
      name: `p${i}`,
      script: pulse,
      interpreter: 'none',
      args: `p${i}`,
    }));
    writeFileSync(file, `module.exports = ${JSON.stringify({apps})}`);
    const daemon = (): number[] => [Number(readFileSync(join(home, 'pm2.pid'), 'utf8'))];
    return background(
      {
        start: [command, 'start', file],
        stop: [command, 'kill'],
        list: [command, 'ls'],
        prepare: [command, 'save'],
        again: [command, 'resurrect'],
      },
      {...setting, env: {...setting.env, PM2_HOME: home}},
      {roots: daemon, part: daemon},
    );
  },
};
