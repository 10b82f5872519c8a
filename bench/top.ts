/** The table "top": the cost of `brood top` beside htop(1), in terminals of the same size with the same processes. */
import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {spawn as spawnInPty, type IPty} from '@lydell/node-pty';
import type {Beside} from './measurements.ts';
import {judgeTop} from './bars.ts';
import type {Frames} from './frames.ts';
import {brood, cli} from './peers/brood.ts';
import {inPlace, type Place} from './place.ts';
import {row, TICKS_PER_SECOND} from './processes.ts';
import {printTable} from './table.ts';

const PROCESSES = 2000;
const COLUMNS = 200;
const LINES = 50;
const SETTLE_MS = 10_000;
const SECONDS = 30;
/** The default of htop, which brood is started with. */
const INTERVAL = '1500ms';
const TENTHS = '15';
const WORKERS = 5;
/** As many readings as in half an hour. */
const REFRESHES = '1200';
/** Pause between two keys, so that each is drawn before the next. */
const KEY_MS = 200;

interface Look {
  readonly what: string;
  readonly htop: readonly string[];
  /** The keys that lead to the view. */
  readonly keys: readonly string[];
  readonly fleet?: true;
}

const LOOKS: readonly Look[] = [
  {what: 'tree of the machine', htop: ['--tree'], keys: []},
  {what: 'list by CPU', htop: ['--sort-key=PERCENT_CPU'], keys: ['t', '>', '>', '>', '>', '>', '>']},
  {what: `fleet of ${WORKERS} workers`, htop: ['--tree'], keys: ['1'], fleet: true},
];

class Shown {
  readonly #pty: IPty;
  #last = '';

  constructor(command: readonly string[], folder: string, env: NodeJS.ProcessEnv) {
    const [file = '', ...args] = command;
    const own = {...env, LANG: 'C.UTF-8', TERM: 'xterm-256color', HOME: folder, XDG_CONFIG_HOME: folder};
    this.#pty = spawnInPty(file, args, {cols: COLUMNS, rows: LINES, cwd: folder, env: own});
    this.#pty.onData(data => (this.#last = (this.#last + data).slice(-100_000)));
  }

  get ticks(): number {
    const found = row(this.#pty.pid);
    if (!found || found.state === 'Z') throw new Error(`a program has ended: ${this.#last}`);
    return found.ticks;
  }

  get mib(): number {
    const status = readFileSync(`/proc/${this.#pty.pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) / 1024;
  }

  async press(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await delay(KEY_MS);
      this.#pty.write(key);
    }
  }

  /** Throws unless the text is in the recent output. */
  assertShows(text: string): void {
    if (!this.#last.includes(text)) throw new Error(`there is no ${JSON.stringify(text)} on the screen: ${this.#last}`);
  }

  close(): void {
    this.#pty.kill('SIGTERM');
  }
}

/** Measures both at the same time, so that other load on the machine affects both. */
async function sideBySide({what, htop, keys}: Look, {folder, env}: Place): Promise<Beside> {
  const own = new Shown([process.execPath, cli(), 'top', '--interval', INTERVAL], folder, {
    ...env,
    BROOD_HOME: join(folder, 'home'),
  });
  const their = new Shown(['htop', `--delay=${TENTHS}`, ...htop], folder, env);
  try {
    await delay(SETTLE_MS / 2);
    await own.press(keys);
    await delay(SETTLE_MS / 2);
    for (const one of [own, their]) one.assertShows('PID');
    const before = [own.ticks, their.ticks] as const;
    const began = performance.now();
    await delay(SECONDS * 1000);
    const seconds = (performance.now() - began) / 1000;
    const percent = (ticks: number): number => ((ticks / TICKS_PER_SECOND) * 100) / seconds;
    return {
      what,
      brood: percent(own.ticks - before[0]),
      htop: percent(their.ticks - before[1]),
      broodMib: own.mib,
      htopMib: their.mib,
    };
  } finally {
    for (const one of [own, their]) one.close();
  }
}

const compared = (look: Look, pulse: string): Promise<Beside> =>
  inPlace('top', async place => {
    const peer = brood.make({n: WORKERS, folder: place.folder, pulse, env: place.env, logged: false});
    if (look.fleet) {
      peer.start();
      if ((await place.beats.all(WORKERS, SETTLE_MS)) === null) throw new Error('the fleet did not start');
      await peer.started();
    }
    try {
      return await sideBySide(look, place);
    } finally {
      if (look.fleet) await peer.stop();
    }
  });

function drawn(stats: string): Frames {
  const program = join(process.cwd(), '.cache', 'bench', 'frames.mjs');
  const refreshes = process.env['REFRESHES'] ?? REFRESHES;
  const run = spawnSync(process.execPath, ['--expose-gc', program, stats, refreshes], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) throw new Error('frames could not be drawn');
  return JSON.parse(run.stdout) as Frames;
}

/**
 * @param stats the compiled stats.c
 * @param pulse the compiled pulse.c
 */
export async function topTable(stats: string, pulse: string): Promise<void> {
  process.stderr.write('top: frames, then half an hour in fast motion ...\n');
  const frames = drawn(stats);
  const beside = spawnSync('htop', ['--version']).error === undefined ? await besideHtop(stats, pulse) : [];
  if (beside.length === 0) console.log('\nhtop is not installed, so it is left out');
  else print(beside);
  console.log(`\nbrood top before ${frames.processes} processes, ${COLUMNS} by ${LINES}, ms\n`);
  printTable([
    ['', 'median', 'p99'],
    ...frames.frames.map(({what, median, p99}) => [what, median.toFixed(2), p99.toFixed(2)]),
  ]);
  console.log('');
  printTable([
    ['', 'brood', 'at most', ''],
    ...judgeTop(beside, frames).map(({what, brood: own, bar, met}) => [what, own, bar, met ? 'met' : 'NOT MET']),
  ]);
}

async function besideHtop(stats: string, pulse: string): Promise<Beside[]> {
  const held: ChildProcess = spawn(stats, ['hold', String(PROCESSES)], {stdio: ['ignore', 'pipe', 'inherit']});
  try {
    if (held.stdout) await once(held.stdout, 'data');
    const all: Beside[] = [];
    for (const look of LOOKS) {
      process.stderr.write(`top: ${look.what}, beside htop ...\n`);
      all.push(await compared(look, pulse));
    }
    return all;
  } finally {
    held.kill('SIGKILL');
  }
}

function print(beside: readonly Beside[]): void {
  console.log(
    `\ntop: ${PROCESSES} processes, each ${INTERVAL}, ${COLUMNS} by ${LINES}; percent of a core over ${SECONDS} s, and MiB\n`,
  );
  printTable([
    ['', 'brood', 'htop', 'of htop', 'brood RSS', 'htop RSS'],
    ...beside.map(one => [
      one.what,
      `${one.brood.toFixed(2)} %`,
      `${one.htop.toFixed(2)} %`,
      (one.brood / one.htop).toFixed(2),
      one.broodMib.toFixed(0),
      one.htopMib.toFixed(0),
    ]),
  ]);
}
