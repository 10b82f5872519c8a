/** A folder that imitates /proc, with any combination of processes. */
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {onTestFinished} from 'vitest';
import {ProcSource} from '../../src/process/proc-source.ts';
import {Snapshot} from '../../src/process/snapshot.ts';
import {scratch} from '../control/helpers.ts';

export interface Fake {
  readonly pid: number;
  readonly ppid?: number;
  readonly name?: string;
  readonly state?: string;
  readonly start?: number;
  readonly ticks?: number;
  readonly nice?: number;
}

/** Returns a line in the kernel's format. */
export function statLine({pid, ppid = 1, name = 'x', state = 'S', start = 100, ticks = 0, nice = 0}: Fake): string {
  const upToTimes = `${pid} (${name}) ${state} ${ppid} ${pid} ${pid} 0 -1 4194560 1 0 0 0`;
  const upToRss = `${ticks} 0 0 0 ${20 + nice} ${nice} 1 0 ${start} 4096000 250`;
  const addresses = '18446744073709551615 94000000000000 94000000100000 140720000000000 0 0 0 0 0 65538 0 0 0';
  return `${upToTimes} ${upToRss} ${addresses} 17 1 0 0 0 0 0 94000000200000 94000000300000 94000000400000 1 2 3 4 0\n`;
}

export class FakeProc {
  readonly root = scratch();
  /** The time that its readers use, in ms. */
  now = 0;

  constructor(...processes: readonly Fake[]) {
    for (const one of processes) this.set(one);
  }

  set(process: Fake, files: Readonly<Record<string, string>> = {}): void {
    const folder = join(this.root, String(process.pid));
    mkdirSync(folder, {recursive: true});
    for (const [name, content] of Object.entries({stat: statLine(process), ...files})) {
      // A new file, as the kernel creates one for a new process: an open descriptor continues to read the old one.
      rmSync(join(folder, name), {force: true});
      writeFileSync(join(folder, name), content, 'latin1');
    }
  }

  remove(pid: number): void {
    rmSync(join(this.root, String(pid)), {recursive: true});
  }

  snapshot(keepOpen = 0): Snapshot {
    const snapshot = new Snapshot(new ProcSource({root: this.root, keepOpen, clock: () => this.now}));
    onTestFinished(() => snapshot.close());
    return snapshot;
  }
}

/** Returns the pids of a snapshot in ascending order. */
export const pidsOf = ({rows}: Snapshot): number[] =>
  Array.from({length: rows.count}, (_, n) => rows.pid[rows.at(n)] ?? -1);
