/** Notifications of workers (sd_notify(3)). */
import {joined, lasting, parseNotice} from '../../../../src/keeper/notify/parse.ts';
import {must, type Target} from '../target.ts';

export const notice: Target = {
  name: 'src/keeper/notify/parse.ts',
  samples: [
    'READY=1\nSTATUS=here we are\n',
    'WATCHDOG=1',
    'WATCHDOG=trigger\nERRNO=5\nEXIT_STATUS=17',
    'MAINPID=4711\nRELOADING=1\nMONOTONIC_USEC=123456',
    'STOPPING=1\nEXTEND_TIMEOUT_USEC=5000000\nWATCHDOG_USEC=30000000',
    `STATUS=${'é'.repeat(600)}`,
  ],
  pieces: [
    'READY=1',
    'STATUS=',
    'MAINPID=',
    'WATCHDOG=',
    'WATCHDOG_USEC=',
    'EXTEND_TIMEOUT_USEC=',
    'ERRNO=',
    '\n',
    'é',
    '=',
  ],
  frames: [['STATUS=', '']],
  take(input) {
    const {notice: said, mainPid} = parseNotice(input);
    must(mainPid === null || mainPid >= 0, 'a pid is a number');
    if (said === null) return;
    must(Buffer.byteLength(said.status ?? '') <= 1024 + 3, 'a status is short');
    must(!/\p{Cc}/u.test(said.status ?? ''), 'a status has no control characters');
    for (const number of [said.watchdogMs, said.extendMs, said.errno, said.exitStatus]) {
      must(number === undefined || Number.isFinite(number), 'numbers are finite');
    }
    lasting(joined(joined(null, said), said));
  },
};
