/** The snapshot: its records, its two files and the state in them. */
import {writeFileSync} from 'node:fs';
import {inFolder} from '../../../../src/control/folder.ts';
import {decodeFound, encodeSaved} from '../../../../src/controller/state/launch.ts';
import {SnapshotFile} from '../../../../src/controller/state/snapshot-file.ts';
import {decodeRecord, encodeRecord} from '../../../../src/controller/state/snapshot-record.ts';
import {rateLimitsFor, restoreCore, SnapshotError} from '../../../../src/supervisor/index.ts';
import {CALENDAR} from '../../../simulation/calendar.ts';
import {Bench, worker} from '../../../supervisor/harness.ts';
import {must, utf8, type Target} from '../target.ts';
import {JOURNAL} from './journal.ts';
import {JSON_PIECES} from './json-pieces.ts';
import {folder} from './scratch.ts';

const bench = new Bench(worker('web', {instances: 2}), worker('db'));
for (const id of ['web/1', 'web/2']) bench.spawned(id);
const SAVED = {boot: 'b', launch: 'l', seq: 7, keeper: 1, attached: false, clients: [], upSince: 1.7e12};
const CORE = bench.core.snapshot();
const WHOLE = encodeSaved(SAVED, CORE, JOURNAL.join(''));
const WHOLE_RECORD = encodeRecord({isWhole: true, number: 1n << 20n, text: WHOLE});
const CHANGE_RECORD = encodeRecord({isWhole: false, number: (1n << 20n) + 1n, text: WHOLE.slice(0, 300)});

export const snapshotRecord: Target = {
  name: 'src/controller/state/snapshot-record.ts',
  samples: [WHOLE_RECORD, Buffer.concat([WHOLE_RECORD, CHANGE_RECORD, Buffer.alloc(200)]), CHANGE_RECORD],
  pieces: ['BROODSN2', 'BROODCH2', 'BROODSN1', '\0\0\0\0', '\xff\xff\xff\xff'],
  take(input) {
    for (let at = 0; at < input.length;) {
      const found = decodeRecord(input, at);
      if (found === null || found === 'damaged') break;
      must(found.bytes > 0 && at + found.bytes <= input.length, 'it lies within the file');
      at += found.bytes;
    }
  },
};

export const snapshotFile: Target = {
  name: 'src/controller/state/snapshot-file.ts',
  samples: snapshotRecord.samples,
  pieces: snapshotRecord.pieces,
  take(input) {
    const middle = input.length >> 1;
    writeFileSync(inFolder.snapshot(folder, 0), input);
    writeFileSync(inFolder.snapshot(folder, 1), input.subarray(middle));
    const {damaged, changes} = new SnapshotFile(folder).readSnapshot();
    must(damaged >= 0 && damaged <= 2 && Array.isArray(changes), 'so many halves there are');
  },
};

const coreOptions = {
  newToken: () => 't',
  random: () => 0.5,
  calendar: CALENDAR,
  limits: rateLimitsFor(1),
  violated: () => undefined,
};

export const snapshot: Target = {
  name: 'src/controller/state/launch.ts, src/supervisor/{snapshot,restore}.ts',
  samples: [WHOLE, CORE, `${WHOLE}\x01${WHOLE}`],
  pieces: [
    ...JSON_PIECES,
    '"version":1',
    '"instances":',
    '"workers":',
    '"fleet":',
    '"groups":',
    '"run":',
    '"spec":',
    '\x01',
  ],
  frames: [['{"boot":"b"}\n{"version":1,"workers":[', ']}\n']],
  // Both are documented. The controller then starts with a new state, and keeps the unreadable files.
  declared: error => error instanceof SnapshotError || error instanceof SyntaxError,
  take(input) {
    // A text with a correct checksum, as another version might write it, and changes to it.
    const [whole = '', ...changes] = utf8(input).split('\x01');
    const found = decodeFound(whole, changes, 'b');
    restoreCore(found?.core ?? whole, coreOptions);
  },
};
