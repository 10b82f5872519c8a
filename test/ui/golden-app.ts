/** `brood top` for a simulated machine and fleet, without a terminal. */
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {Snapshot} from '../../src/process/snapshot.ts';
import {Users} from '../../src/process/users.ts';
import {App} from '../../ui/app.ts';
import type {AppHost} from '../../ui/shell.ts';
import {World} from '../../ui/data/world.ts';
import {glyphsOf} from '../../ui/screen/glyphs.ts';
import {channels} from './golden-channels.ts';
import {MadeFleet} from './golden-fleet.ts';
import {MadeProcesses, PROCESSES} from './golden-processes.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max cpu time              unlimited            unlimited            seconds
Max open files            1024                 4096                 files
`;

/** Writes the other /proc files of a process. */
function makeFiles(root: string, pid: number): void {
  const folder = join(root, String(pid));
  mkdirSync(join(folder, 'fd'), {recursive: true});
  writeFileSync(join(folder, 'limits'), LIMITS);
  writeFileSync(join(folder, 'environ'), 'PORT=8080\0API_TOKEN=hunter2\0');
  for (const [fd, target] of [
    ['0', '/dev/null'],
    ['1', 'pipe:[12]'],
    ['18', 'socket:[14]'],
  ] as const)
    symlinkSync(target, join(folder, 'fd', fd));
}

export interface Made {
  readonly app: App;
  readonly world: World;
  readonly processes: MadeProcesses;
  readonly fleet: MadeFleet;
  /** Texts saved as files. */
  readonly saved: string[];
  quit: boolean;
}

export interface MadeOptions {
  /** The machine without a fleet. */
  readonly withoutFleet?: true;
  readonly readOnly?: true;
  readonly ascii?: true;
  readonly folder?: string;
  /** Number of readings before the first frame. */
  readonly readings?: number;
}

/** Returns `brood top` for all of this, after some readings. */
export async function makeApp(options: MadeOptions = {}): Promise<Made> {
  const processes = new MadeProcesses(PROCESSES);
  const fleet = new MadeFleet(options.folder);
  const root = mkdtempSync(join(tmpdir(), 'brood-test-'));
  onTestFinished(() => rmSync(root, {recursive: true, force: true}));
  writeFileSync(join(root, 'passwd'), 'root:x:0:0::/:\nada:x:1000:1000::/:\npostgres:x:70:70::/:\n');
  makeFiles(root, 4200);
  const world = new World(new Snapshot(processes), options.withoutFleet ? null : fleet, {
    users: new Users(join(root, 'passwd')),
    load: () => ({
      average: [1.25, 0.8, 0.42],
      cpu: 0.72,
      cpus: 8,
      memoryUsed: 6.4 * 1024 ** 3,
      memoryTotal: 16 * 1024 ** 3,
      uptime: 86_400,
    }),
    channels,
    proc: root,
  });
  const made: {quit: boolean; saved: string[]} = {quit: false, saved: []};
  const host: AppHost = {
    glyphs: glyphsOf(options.ascii ? {LANG: 'C'} : {LANG: 'C.UTF-8'}),
    readOnly: options.readOnly ?? false,
    mouse: true,
    changed: () => undefined,
    quit: () => (made.quit = true),
    save: text => {
      made.saved.push(text);
      return 'brood-top.txt';
    },
  };
  const app = new App(world, host);
  for (let n = options.readings ?? 3; n > 0; n--) await world.refresh();
  app.refreshed();
  return Object.assign(made, {app, world, processes, fleet});
}
