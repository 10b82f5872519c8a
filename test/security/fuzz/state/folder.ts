/** The lock and the fleet record in a fleet's folder. */
import {writeFileSync} from 'node:fs';
import {readFleet} from '../../../../src/control/find.ts';
import {inFolder} from '../../../../src/control/folder.ts';
import {readLock} from '../../../../src/control/lock.ts';
import {must, type Target} from '../target.ts';
import {JSON_PIECES} from './json-pieces.ts';
import {folder} from './scratch.ts';

export const folderFiles: Target = {
  name: 'src/control/{lock,find}.ts',
  samples: [
    '{"pid":4711,"startTime":"123","anchor":4710,"anchorStartTime":"99"}\n',
    '{"name":"shop","file":"/srv/brood.yaml","dir":"/srv","id":"shop-1","launch":"x","only":null,"attached":false}',
  ],
  pieces: [...JSON_PIECES, '"pid":', '"startTime":', '"anchor":', '"name":', '"file":'],
  take(input) {
    writeFileSync(inFolder.lock(folder), input);
    writeFileSync(inFolder.fleet(folder), input);
    const lock = readLock(folder);
    must(lock === null || (Number.isInteger(lock.pid) && lock.pid > 0), 'a pid is one');
    const fleet = readFleet(folder);
    must(fleet === null || typeof fleet.name === 'string', 'a fleet has a name');
  },
};
