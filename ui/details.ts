/** Details of a process or an instance, updated at each frame. They stay open after it has ended. */
import {formatBytes, formatDuration, formatTime} from '../src/base/format.ts';
import {exitWords, healthWords, statusWords} from '../src/text/instance-words.ts';
import {maskSecrets} from '../src/control/secrets.ts';
import type {InstanceDetail} from '../src/control/reports.ts';
import {policyName} from '../src/process/ps-stat.ts';
import {environmentOf, limitsOf, openFilesOf} from '../src/process/open-files.ts';
import type {Shell} from './shell.ts';
import type {World} from './data/world.ts';
import {Text, type Piece, type TextLine} from './overlays/text.ts';
import type {Style} from './screen/styles.ts';

export type Subject =
  | {readonly kind: 'instance'; readonly id: string}
  | {readonly kind: 'process'; readonly key: string; readonly pid: number};

/** Maximum age (ms) of data that is not read at each frame. */
const LOOK_MS = 1_000;
const MOST_FILES = 200;
const LABEL = 12;

const label = (name: string, text: string, style: Style = 'plain'): TextLine => [
  [name.padEnd(LABEL), 'name'],
  [text, style],
];
const heading = (text: string): TextLine => [[text, 'title']];

const LIFE_STYLES: Readonly<Record<string, Style>> = {
  R: 'good',
  S: 'dim',
  D: 'warning',
  T: 'busy',
  t: 'busy',
  Z: 'bad',
  X: 'bad',
  I: 'dim',
};

/** The past states as coloured letters, the latest at the right. */
function lifeLine(states: string): TextLine {
  const pieces: Piece[] = [['history'.padEnd(LABEL), 'name']];
  for (const state of states) pieces.push([state, LIFE_STYLES[state] ?? 'plain']);
  return pieces;
}

export function openDetails(app: Shell, subject: Subject): void {
  const details = new Details(app, subject);
  const title = (): string => details.title;
  app.open(new Text({title, lines: width => details.lines(width), full: true}));
}

class Details {
  readonly #app: Shell;
  readonly #subject: Subject;
  #instance: InstanceDetail | null = null;
  #asked = -Infinity;
  #asking = false;
  #rest: readonly TextLine[] = [];
  #restAt = -Infinity;
  /** The lines of the last reading that contained the process. */
  #last: readonly TextLine[] = [];

  constructor(app: Shell, subject: Subject) {
    this.#app = app;
    this.#subject = subject;
  }

  get title(): string {
    const subject = this.#subject;
    return subject.kind === 'instance' ? subject.id : `Process ${subject.pid}`;
  }

  lines(width: number): readonly TextLine[] {
    this.#ask();
    const row = this.#row();
    const lines: TextLine[] = [];
    if (this.#instance) lines.push(...instanceLines(this.#instance), []);
    if (row >= 0) this.#last = this.#processLines(row, width);
    else {
      const words = this.#subject.kind === 'instance' ? 'not running' : 'exited';
      lines.push([[this.#last.length > 0 ? `${words}; last known values follow` : words, 'warning']], []);
    }
    lines.push(...this.#last, []);
    if (row >= 0 && performance.now() - this.#restAt > LOOK_MS) {
      this.#restAt = performance.now();
      this.#rest = restLines(this.#app.world, this.#app.world.snapshot.rows.pid[row] ?? 0);
    }
    return [...lines, ...this.#rest];
  }

  #row(): number {
    const {world} = this.#app;
    const subject = this.#subject;
    if (subject.kind === 'process') {
      const row = world.snapshot.rows.find(subject.pid);
      return row >= 0 && world.keyOf(row) === subject.key ? row : -1;
    }
    const pid = world.workers.find(({id}) => id === subject.id)?.pid ?? null;
    return pid === null ? -1 : world.snapshot.rows.find(pid);
  }

  /** Requests the supervisor's report on the instance, at most once a second. */
  #ask(): void {
    const {fleet} = this.#app.world;
    const id = this.#subject.kind === 'instance' ? this.#subject.id : null;
    if (id === null || !fleet || this.#asking || performance.now() - this.#asked < LOOK_MS) return;
    this.#asking = true;
    this.#asked = performance.now();
    const ask = async (): Promise<void> => {
      try {
        this.#instance = (await fleet.call('status', {targets: [id]})).instances[0] ?? null;
        this.#app.host.changed();
      } catch {
        // The last known details stay visible.
      } finally {
        this.#asking = false;
      }
    };
    void ask();
  }

  #processLines(row: number, width: number): TextLine[] {
    const {world} = this.#app;
    const {snapshot} = world;
    const {rows} = snapshot;
    const {command, uid, cgroup, lockedBytes} = snapshot.details(row);
    const started = snapshot.startedAt(row);
    const owner = world.ownerOf(row);
    const key = world.keyOf(row);
    const cpu = rows.cpuPercent[row] ?? NaN;
    return [
      heading('Process'),
      label('pid', `${rows.pid[row] ?? 0}  parent ${ancestors(this.#app, row)}`),
      label('name', rows.name(row)),
      label('command', command ?? '-'),
      label('state', `${snapshot.stat(row) ?? '?'}  ${STATE_WORDS[snapshot.state(row) ?? ''] ?? ''}`),
      lifeLine(world.history.states(key, Math.max(8, width - LABEL))),
      label(
        'belongs to',
        owner === null
          ? 'no worker of this fleet'
          : `${owner.label}${owner.orphan ? ', orphan: its parent has exited' : ''}`,
      ),
      label('user', uid === null ? '?' : `${world.users.name(uid)} (${uid})`),
      label('started', started === null ? '?' : `${formatTime(started)}, ${formatDuration(Date.now() - started)} ago`),
      label('session', `${rows.sid[row] ?? 0}  group ${rows.pgid[row] ?? 0}`),
      label(
        'priority',
        `nice ${rows.nice[row] ?? 0}, priority ${rows.priority[row] ?? 0}, ${policyName(rows.policy[row] ?? 0)}`,
      ),
      label(
        'usage',
        `CPU ${Number.isNaN(cpu) ? '-' : `${cpu.toFixed(1)}%`}, memory ${formatBytes(rows.rssBytes[row] ?? 0)}${lockedBytes ? `, locked ${formatBytes(lockedBytes)}` : ''}, ${rows.threads[row] ?? 0} threads`,
      ),
      label('cgroup', cgroup ?? '-'),
    ];
  }
}

const STATE_WORDS: Readonly<Record<string, string>> = {
  R: 'running or runnable',
  S: 'sleeping until an event',
  D: 'uninterruptible: waiting for a device',
  T: 'stopped by a signal',
  t: 'stopped by a debugger',
  Z: 'zombie: exited, its parent has not waited for it',
  X: 'dead',
  I: 'idle kernel thread',
};

/** Returns the ancestors, nearest first: `4700 (sh), 1 (init)`. */
function ancestors({world}: Shell, row: number): string {
  const {forest, rows} = world.snapshot;
  const names: string[] = [];
  for (let at = forest.parent(row); at >= 0; at = forest.parent(at))
    names.push(`${rows.pid[at] ?? 0} (${rows.name(at)})`);
  return names.join(', ') || `${rows.ppid[row] ?? 0}`;
}

function instanceLines(it: InstanceDetail): TextLine[] {
  const lines: TextLine[] = [
    heading('Worker'),
    label('status', `${statusWords(it)}${it.reason === null ? '' : `: ${it.reason}`}`),
    label('command', it.command.join(' ')),
    label('folder', it.cwd),
    label('restart', `${it.restart}; ${it.restarts} since up, ${it.restartsInARow} in a row`),
  ];
  const more: readonly (readonly [string, string | null])[] = [
    ['groups', it.groups.join(', in ') || null],
    ['after', it.after.join(', ') || null],
    ['requires', it.requires.join(', ') || null],
    ['reports', it.statusText],
    ['health', it.health && healthWords(it.health)],
    ['next run', it.nextRunAt && formatTime(it.nextRunAt)],
    ['retry at', it.retryAt && formatTime(it.retryAt)],
    ['alarm at', it.alarmAt && formatTime(it.alarmAt)],
    ['last exit', it.exit && `${exitWords(it.exit)} at ${formatTime(it.exit.at)}`],
    ['proof', it.proof],
    ['not proved', it.doubts?.map(({words}) => words).join('; ') ?? null],
    ['survivors', it.survivors.join(', ') || null],
    ['memory', limitWords(it.limits.memory, formatBytes)],
    ['cpu', limitWords(it.limits.cpu, percent => `${percent}%`)],
    ['logs', it.logFolder],
  ];
  for (const [name, text] of more) if (text !== null) lines.push(label(name, text));
  return lines;
}

const limitWords = (limit: InstanceDetail['limits']['memory'], format: (value: number) => string): string | null =>
  limit === null ? null : `at most ${format(limit.limit)}${limit.by === null ? '' : `, enforced by ${limit.by}`}`;

/** Lines that need further files to be read: signals, limits, open files, environment. */
function restLines(world: World, pid: number): TextLine[] {
  const lines: TextLine[] = [heading('Signals')];
  const {channels} = world.channels({pids: new Set([pid]), kinds: new Set(['signal'])});
  const masks = channels.find(({kind}) => kind === 'signal')?.detail ?? {};
  for (const name of ['pending', 'blocked', 'ignored', 'caught']) {
    const signals = masks[name];
    lines.push(label(name, Array.isArray(signals) && signals.length > 0 ? signals.join(' ') : 'none'));
  }
  lines.push([], heading('Limits'));
  for (const {name, soft, hard, unit} of limitsOf(pid, world.proc)) {
    lines.push([[name.replace(/^Max /, '').padEnd(24), 'name'], [`${soft} of ${hard} ${unit}`]]);
  }
  const files = openFilesOf(pid, world.proc);
  lines.push([], heading(`Open files${Array.isArray(files) ? `: ${files.length}` : ''}`));
  if (files === 'denied') lines.push([['no permission: it belongs to another user', 'warning']]);
  else
    for (const {fd, target} of (files ?? []).slice(0, MOST_FILES))
      lines.push([[String(fd).padStart(5), 'name'], ['  '], [target]]);
  lines.push([], heading('Environment'));
  const environment = environmentOf(pid, world.proc);
  if (environment === null) lines.push([['no permission, or none', 'dim']]);
  else
    for (const [name, value] of Object.entries(maskSecrets(Object.fromEntries(environment)))) {
      lines.push([[name, 'name'], ['='], [value]]);
    }
  return lines;
}
