import {execFileSync} from 'node:child_process';
import {found, foreground, packageVersion} from './commands.ts';
import {withAndWithout, type Kind, type Peer} from './peer.ts';
import {running, services} from './services.ts';

export const s6: Kind = {
  name: 's6',
  most: Infinity,
  blows: [...withAndWithout(['s6-svscan'], 'started again'), {hits: ['s6-supervise'], again: null}],
  logs: /\/main\/current$/,
  version: () => (found('s6-svscan') ? packageVersion('s6') : null),
  make(setting) {
    const scanned = services(setting, 's6-log n10 s16000000 ./main');
    const most = String(Math.max(500, 2 * setting.n));
    const peer: Peer = foreground(['s6-svscan', '-c', most, scanned], setting, {
      tellToStop: () => void execFileSync('s6-svscanctl', ['-t', scanned]),
      list: null,
      part: name => running(name, peer.roots()),
    });
    return peer;
  },
};
