/** The table "raw logging": one worker writes as fast as it can, until all of its output is in rotated files. */
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {median} from './measure.ts';
import {cli} from './peers/brood.ts';
import {found, packageVersion} from './peers/commands.ts';
import {inPlace, type Place} from './place.ts';
import {printTable} from './table.ts';

const BYTES = 1_000_000_000;
const ROTATED_BYTES = 16 * 1024 * 1024;
const KEPT = 100;
const ROUNDS = 3;
const POLL_MS = 5;
const PATIENCE_MS = 120_000;
/** The goal, as a factor of s6-log's throughput. */
const AIM = 1.5;

interface Logger {
  readonly name: string;
  readonly version: string;
  /**
   * Starts the logger with the worker. Returns the folder of the log, once it exists, and a function that stops both.
   */
  start(place: Place, stream: string): {readonly folder: () => string | null; readonly stop: () => void};
}

/** A logger that reads the worker's output from a pipe. */
const piped = (name: string, version: string, command: (folder: string) => string): Logger => ({
  name,
  version,
  start({folder, env}, stream) {
    const log = join(folder, 'log');
    mkdirSync(log);
    const script = `"$1" ${BYTES} | ${command('"$2"')}`;
    const shell = spawn('/bin/sh', ['-c', script, 'sh', stream, log], {env, stdio: 'ignore'});
    return {folder: () => log, stop: () => void shell.kill()};
  },
});

const brood = (version: string): Logger => ({
  name: 'brood',
  version,
  start({folder, env}, stream) {
    const logs = {max_size: '16MiB', keep: KEPT, compress: false};
    const worker = {run: [stream, String(BYTES)], restart: 'never', logs};
    writeFileSync(join(folder, 'brood.yaml'), JSON.stringify({fleet: 'bench', workers: {w: worker}}));
    const home = join(folder, 'home');
    const run = (...args: string[]): void =>
      void spawn(process.execPath, [cli(), ...args], {
        cwd: folder,
        env: {...env, BROOD_HOME: home},
        stdio: 'ignore',
      });
    run('up', '-d');
    const log = (): string | null => {
      const [fleet] = existsSync(home) ? readdirSync(home) : [];
      return fleet === undefined ? null : join(home, fleet, 'logs', 'w.1');
    };
    return {folder: log, stop: () => run('down')};
  },
});

/** Returns the number of bytes in the files of the log, under any name. */
function logged(folder: string | null): number {
  if (folder === null || !existsSync(folder)) return 0;
  return readdirSync(folder)
    .filter(name => !name.endsWith('.idx') && !name.includes('err'))
    .reduce((sum, name) => sum + (statSync(join(folder, name), {throwIfNoEntry: false})?.size ?? 0), 0);
}

/**
 * Returns MB per second from the worker's first byte until all output is in the files, or null if that never happens.
 */
const throughput = (logger: Logger, stream: string): Promise<number | null> =>
  inPlace(logger.name, async place => {
    const began = join(place.folder, 'began');
    const run = logger.start({...place, env: {...place.env, STREAM_BEGAN: began}}, stream);
    try {
      const end = performance.now() + PATIENCE_MS;
      while (logged(run.folder()) < BYTES) {
        if (performance.now() > end) return null;
        await delay(POLL_MS);
      }
      const ns = process.hrtime.bigint() - BigInt(readFileSync(began, 'utf8').trim());
      return BYTES / 1e6 / (Number(ns) / 1e9);
    } finally {
      run.stop();
    }
  });

export async function streamTable(stream: string, version: string): Promise<void> {
  const loggers = [
    ...(found('s6-log')
      ? [piped('s6-log', packageVersion('s6'), folder => `exec s6-log n${KEPT} s${ROTATED_BYTES} ${folder}`)]
      : []),
    brood(version),
  ];
  const rates = new Map<string, number[]>(loggers.map(({name}) => [name, []]));
  // In turn, so that other load on the machine affects all of them.
  for (let round = 0; round < ROUNDS; round++)
    for (const logger of loggers) {
      process.stderr.write(`${logger.name}: ${BYTES / 1e6} MB ...\n`);
      const rate = await throughput(logger, stream);
      if (rate !== null) rates.get(logger.name)?.push(rate);
    }
  const of = (name: string): number | null => median(rates.get(name) ?? []);
  console.log(`\nraw logging: ${BYTES / 1e6} MB in lines of 100 bytes, files of 16 MiB, median of ${ROUNDS}\n`);
  const words = (rate: number | null): string => (rate === null ? 'failed' : `${rate.toFixed(0)} MB/s`);
  printTable([['', 'throughput'], ...loggers.map(({name, version: its}) => [`${name} ${its}`, words(of(name))])]);
  const [own, their] = [of('brood'), of('s6-log')];
  if (their === null) return;
  const share = (own ?? 0) / their;
  console.log(`\n${share.toFixed(2)} of s6-log's, at least ${AIM} asked: ${share >= AIM ? 'met' : 'NOT MET'}`);
}
