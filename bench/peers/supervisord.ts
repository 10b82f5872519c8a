import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {found, foreground, packageVersion} from './commands.ts';
import {withAndWithout, type Kind} from './peer.ts';

export const supervisord: Kind = {
  name: 'supervisord',
  most: Infinity,
  blows: withAndWithout(['supervisord'], 'started again'),
  logs: /\/p\d+\.out$/,
  version: () => (found('supervisord') ? packageVersion('supervisor') : null),
  make(setting) {
    const {folder, n, pulse} = setting;
    const file = join(folder, 'supervisord.conf');
    const socket = join(folder, 'socket');
    const sections = {
      supervisord: {nodaemon: 'true', minfds: '10000', logfile: join(folder, 'log'), pidfile: join(folder, 'pid')},
      unix_http_server: {file: socket},
      supervisorctl: {serverurl: `unix://${socket}`},
      'rpcinterface:supervisor': {
        'supervisor.rpcinterface_factory': 'supervisor.rpcinterface:make_main_rpcinterface',
      },
      'program:p': {
        command: `${pulse} p%(process_num)d`,
        process_name: 'p%(process_num)d',
        numprocs: String(n),
        autorestart: 'true',
        startsecs: '0',
        stdout_logfile: join(folder, 'p%(process_num)d.out'),
        stderr_logfile: join(folder, 'p%(process_num)d.err'),
      },
    };
    const lines = Object.entries(sections).flatMap(([title, keys]) => [
      `[${title}]`,
      ...Object.entries(keys).map(([key, value]) => `${key}=${value}`),
    ]);
    writeFileSync(file, lines.join('\n'));
    return foreground(['supervisord', '-c', file], setting, {
      tellToStop: child => child.kill('SIGTERM'),
      list: ['supervisorctl', '-c', file, 'status'],
      part: () => [],
    });
  },
};
