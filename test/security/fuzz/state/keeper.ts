/** Texts that the keeper writes for itself: the records of runs, and the arguments of its next image. */
import {parseArguments} from '../../../../src/keeper/arguments.ts';
import {parseSpawnRecord} from '../../../../src/keeper/runs/record.ts';
import {must, utf8, type Target} from '../target.ts';
import {JSON_PIECES} from './json-pieces.ts';

const RECORD = [
  {
    intent: {
      token: 'b'.repeat(32),
      id: 'w/1',
      boot: 'x',
      logFolder: '/l',
      logMaxSize: 1000,
      logStart: {out: 1, err: 2},
      stopSignal: 'SIGINT',
      stopTimeoutMs: 500,
      sockets: [{name: 'http', address: '127.0.0.1:80'}],
      limits: {memory: 5, cpu: null},
      owner: {uid: 1, gid: 1},
    },
  },
  {started: {pid: 4711, startTime: '123', startedAt: 1.7e12, cgroup: '/sys/fs/cgroup/a'}},
  {ready: true},
  {exit: {code: null, signal: 'SIGKILL', at: 1.7e12}},
  {cleared: {proof: 'cgroup', survivors: []}},
].map(one => `\n${JSON.stringify(one)}\n`);

export const spawnRecord: Target = {
  name: 'src/keeper/runs/record.ts',
  samples: [RECORD.join(''), RECORD.slice(0, 2).join('')],
  pieces: [...JSON_PIECES, ...RECORD, '"intent":', '"started":', '"exit":', '"pid":', '"cleared":'],
  frames: [['{"intent":', '}\n']],
  take(input) {
    const {intent, started, exit, cleared} = parseSpawnRecord('t', utf8(input));
    must(
      intent !== null || (started === null && exit === null && cleared === null),
      'without an intent there is nothing',
    );
    must(typeof (intent?.logStart.out ?? 0) === 'number', 'a beginning is a number');
    must(started === null || Number.isInteger(started.pid), 'a pid is a number');
    must(exit === null || typeof exit.at === 'number', 'an end has a time');
  },
};

export const keeperArguments: Target = {
  name: 'src/keeper/arguments.ts',
  samples: [
    '--launch=x\0/f\0--anchor=12\0--ending\0--launched',
    '/f\0--replaced={"lock":3,"upgrade":null,"sockets":[],"failed":null}\0--check',
  ],
  pieces: ['--', '--anchor=', '--launch', '--replaced=', '{}', '\0', '=', '/f', ...JSON_PIECES],
  // Only an image of the keeper passes these arguments, to the next image.
  declared: error => error instanceof SyntaxError,
  take(input) {
    const read = parseArguments(utf8(input).split('\0'));
    must(typeof read.folder === 'string', 'a folder is text');
  },
};
