/** Follows all streams of all instances, and compares them with the ledger. */
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import type {Note} from './ledger.ts';
import {FollowedStream} from './stream.ts';
import {temperNames, temperOf} from './tempers.ts';

export class Logs {
  /** `logs/` of the fleet's folder. */
  readonly #folder: string;
  readonly #streams = new Map<string, FollowedStream>();
  /** When a run of an instance was last seen to begin, on the harness's clock. */
  readonly #began = new Map<string, {readonly runs: number; readonly at: number}>();

  /** Lines of runs that ended while no part of the supervisor lived, and are not promised. */
  notPromised = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get lines(): number {
    return this.#sum(stream => stream.numbering.lines);
  }

  get bytes(): number {
    return this.#sum(stream => stream.bytes);
  }

  get runs(): number {
    return this.#sum(stream => stream.numbering.runs);
  }

  /** Reads new output. Returns the faults in it. */
  poll(last = false): string[] {
    for (const name of this.#instances()) this.#discover(name);
    const complaints: string[] = [];
    for (const [id, stream] of this.#streams) {
      stream.poll(last);
      if (last) stream.numbering.end();
      const {runs} = stream.numbering;
      if (this.#began.get(id)?.runs !== runs) this.#began.set(id, {runs, at: performance.now()});
      complaints.push(...stream.numbering.takeComplaints().map(words => `${id}: ${words}`));
    }
    return complaints;
  }

  /** Returns when the instance's last run with a line began, or null. */
  lastBegan(id: string): number | null {
    return this.#began.get(id)?.at ?? null;
  }

  /** Returns the number of the last line read of a run. */
  has({id, run}: Note): number {
    return this.#streams.get(id)?.numbering.lastOf(run) ?? 0;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close();
  }

  #instances(): string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #discover(name: string): void {
    const dot = name.lastIndexOf('.');
    const id = `${name.slice(0, dot)}/${name.slice(dot + 1)}`;
    if (this.#streams.has(id)) return;
    const temper = temperNames.find(one => name.startsWith(one));
    const stream = temper && temperOf(temper).stream;
    if (stream) this.#streams.set(id, new FollowedStream(join(this.#folder, name), stream));
  }

  #sum(of: (stream: FollowedStream) => number): number {
    return [...this.#streams.values()].reduce((sum, stream) => sum + of(stream), 0);
  }
}
