/** The report of a run: one line per event, and figures at the end. */
import type {Growth} from './checks/growth.ts';
import type {PlannedBlow, Round} from './imp.ts';
import type {Logs} from './logs.ts';
import type {RunOptions} from './options.ts';
import type {Watch} from './watch.ts';

const HISTORY = 25;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export class Report {
  readonly #options: RunOptions;
  readonly #startedAt = performance.now();
  readonly #counts = new Map<string, number>();
  readonly #skipped = new Map<string, string>();
  readonly #history: string[] = [];
  readonly #settling: number[] = [];
  #rounds = 0;
  #blows = 0;
  #struckAt = performance.now();
  #figures = '';

  constructor(options: RunOptions, shed: boolean) {
    this.#options = options;
    const {seed, workers, rate} = options;
    this.#say(
      `chaos: seed ${seed}, ${workers} workers, chatty ones write ${rate} MB/s together, ${seconds(options.durationMs)}`,
    );
    if (!shed)
      this.#say('no writable cgroup v2: daemons keep their environment, since brood can follow them by nothing else');
  }

  began(): void {
    this.#say(`all up after ${seconds(performance.now() - this.#startedAt)}`);
  }

  round({number, spared}: Round): void {
    this.#rounds = number;
    this.#note(`round ${number}${spared.length > 0 ? ` (spared: ${spared.join(', ')})` : ''}`);
  }

  blow({number, blow, strike, pauseMs}: PlannedBlow, impossible: string | null): void {
    this.#blows = number;
    this.#struckAt = performance.now();
    const what = `  #${number} ${pauseMs > 0 ? `after ${pauseMs} ms: ` : ''}`;
    if (impossible !== null) {
      this.#skipped.set(blow.name, impossible);
      this.#note(`${what}not struck: ${blow.name}: ${impossible}`);
      return;
    }
    this.#counts.set(blow.name, (this.#counts.get(blow.name) ?? 0) + 1);
    this.#note(`${what}${strike.words === blow.name ? '' : `${blow.name}: `}${strike.words}`);
  }

  settled(logs: Logs, watch: Watch, growth: Growth): void {
    const ms = performance.now() - this.#struckAt;
    this.#settling.push(ms);
    this.#note(`  settled after ${seconds(ms)}`);
    const most = [...growth.most].map(([what, amount]) => `${what} ${amount}`).join(', ');
    this.#figures = [
      `${watch.looks} looks at up to ${watch.mostProcesses} processes of workers`,
      `${logs.lines} lines (${Math.round(logs.bytes / 1e6)} MB) of ${logs.runs} runs, none lost but ${logs.notPromised} that are not promised, of runs that ended while neither anchor nor keeper nor controller lived`,
      `${growth.judged} comparisons of growth; most: ${most}`,
    ].join('; ');
  }

  goesDown(): void {
    this.#struckAt = performance.now();
    this.#note('down');
  }

  /** Prints the result. */
  end(complaints: readonly string[] | null, kept: string | null): void {
    const sorted = [...this.#settling].sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
    this.#say('');
    this.#say(`${this.#blows} blows in ${this.#rounds} rounds, ${seconds(performance.now() - this.#startedAt)}`);
    for (const [name, count] of [...this.#counts].sort((a, b) => b[1] - a[1]))
      this.#say(`  ${String(count).padStart(5)}  ${name}`);
    for (const [name, why] of this.#skipped) this.#say(`  never  ${name}: ${why}`);
    this.#say(`settled after ${seconds(middle)} in the middle, ${seconds(sorted.at(-1) ?? 0)} at most`);
    if (this.#figures) this.#say(this.#figures);
    if (!complaints) {
      this.#say('no complaint');
      return;
    }
    this.#say('');
    this.#say(`FAILED at blow ${this.#blows} of seed ${this.#options.seed}:`);
    for (const words of complaints.slice(0, 30)) this.#say(`  ${words}`);
    if (complaints.length > 30) this.#say(`  and ${complaints.length - 30} more`);
    this.#say(`the last blows:`);
    for (const line of this.#history) this.#say(line);
    const {seed, durationMs, workers, rate} = this.#options;
    this.#say(
      `again: make chaos SEED=${seed} DURATION=${Math.ceil(durationMs / 1000)}s WORKERS=${workers} RATE=${rate}`,
    );
    if (kept !== null) this.#say(`the fleet as it was: ${kept}`);
  }

  #note(line: string): void {
    this.#history.push(line);
    if (this.#history.length > HISTORY) this.#history.shift();
    this.#say(line);
  }

  #say(line: string): void {
    process.stdout.write(`${line}\n`);
  }
}
