import {found, foreground, packageVersion} from './commands.ts';
import {withAndWithout, type Kind, type Peer} from './peer.ts';
import {running, services} from './services.ts';

export const runit: Kind = {
  name: 'runit',
  most: 900,
  blows: [...withAndWithout(['runsvdir'], 'started again'), {hits: ['runsv'], again: null}],
  logs: /\/main\/current$/,
  version: () => (found('runsvdir') ? packageVersion('runit') : null),
  make(setting) {
    // svlogd creates no folder.
    const scanned = services(setting, `sh -c 'mkdir -p main && exec svlogd ./main'`);
    const peer: Peer = foreground(['runsvdir', scanned], setting, {
      // On SIGHUP runsvdir sends each runsv a SIGTERM and exits (runsvdir(8)).
      tellToStop: child => child.kill('SIGHUP'),
      list: null,
      part: name => running(name, peer.roots()),
    });
    return peer;
  },
};
