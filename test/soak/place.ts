/**
 * The place of a soak: a fleet of copies of the built programs with an appended probe, which collects garbage and
 * reports the remaining memory on request. So the released programs need no such interface.
 */
import {spawn, spawnSync, type ChildProcess, type SpawnOptions} from 'node:child_process';
import {appendFileSync, cpSync, mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {fleetFolder} from '../../src/control/folder.ts';
import {project, TestFleet, type Ran} from '../end-to-end/harness.ts';

/** A leak planted to check that it is found. */
export type Leak = 'heap' | 'descriptors' | 'files';

const COMMAND_MS = 60_000;

/** The probe in keeper and controller: a request is a file with a number, the answer is a file of its own. */
const probe = (folder: string, state: string, leak: Leak | null): string => `
;(() => {
  if (process.argv.includes('--check')) return;
  const fs = require('node:fs');
  require('node:v8').setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  const folder = ${JSON.stringify(folder)};
  let answered = '';
  setInterval(() => {
    let asked = '';
    try { asked = fs.readFileSync(folder + '/ask', 'utf8'); } catch {}
    if (asked === '' || asked === answered) return;
    answered = asked;
    gc();
    // For who looks for a leak: two of these, compared, name what grows.
    if (fs.existsSync(folder + '/heaps')) require('node:v8').writeHeapSnapshot(folder + '/heaps/' + process.pid + '.' + asked + '.heapsnapshot');
    const {heapUsed, external, arrayBuffers} = process.memoryUsage();
    const path = folder + '/' + process.pid + '.json';
    fs.writeFileSync(path + '.new', JSON.stringify({asked, heapUsed, external, arrayBuffers}));
    fs.renameSync(path + '.new', path);
  }, 100).unref();
  const leak = ${JSON.stringify(leak)};
  const kept = [];
  if (leak !== null) setInterval(() => {
    if (leak === 'heap') kept.push(Array.from({length: 1000}, () => Math.random()));
    if (leak === 'descriptors') fs.openSync('/dev/null', 'r');
    if (leak === 'files') fs.writeFileSync(${JSON.stringify(state)} + '/runs/leak.' + performance.now(), '');
  }, leak === 'heap' ? 100 : 500).unref();
})();
`;

export class SoakFleet extends TestFleet {
  /** The folder of the probes' requests and answers. */
  readonly probes: string;
  /** The fleet's folder. */
  readonly state: string;
  readonly #cli: string;

  constructor(fleet: object, files: Readonly<Record<string, string>>, leak: Leak | null) {
    super(fleet, files);
    this.probes = this.path('probes');
    mkdirSync(this.probes);
    this.state = fleetFolder('soak', this.path('brood.yaml'), this.env);
    const copy = this.path('program');
    cpSync(join(project, 'dist'), join(copy, 'dist'), {recursive: true});
    cpSync(join(project, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
    for (const name of ['keeper.cjs', 'controller.cjs'])
      appendFileSync(join(copy, 'dist', name), probe(this.probes, this.state, leak));
    this.#cli = join(copy, 'dist', 'cli.js');
  }

  override run(...args: string[]): Ran {
    const {status, stdout, stderr, error} = spawnSync(process.execPath, [this.#cli, ...args], {
      cwd: this.folder,
      env: this.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 28,
    });
    return {code: status ?? -1, out: stdout, err: error ? `${stderr}${error.message}` : stderr};
  }

  override start(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn(process.execPath, [this.#cli, ...args], {
      cwd: this.folder,
      env: this.env,
      stdio: 'ignore',
      ...options,
    });
  }
}
