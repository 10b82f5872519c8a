/**
 * Part of the instrumented program: decides at each crash point whether this process dies there. All inputs are in the
 * folder CRASH_FOLDER: `plan.json` is the plan, `phase` the current step of the scenario, and the process that creates
 * `died` first is the one that dies.
 */
import {appendFileSync, closeSync, openSync, readFileSync, writeSync} from 'node:fs';
import {basename, join} from 'node:path';

/** `called`: at the start of a callback that was passed to the call. */
export type Place = 'before' | 'after' | 'called';

/** Where a process is to die; or `record`, to note the points passed. */
export type Plan =
  | {readonly record: true}
  | {
      readonly record: false;
      readonly part: string;
      readonly site: number;
      readonly place: Place;
      readonly path: string;
      readonly phase: string;
      /** Number of passes before the one at which it dies. */
      readonly skip: number;
    };

/** Number of calling functions that identify a point. */
const PATH_LENGTH = 4;
const STACK_LENGTH = 14;

const folder = process.env['CRASH_FOLDER'];
/** `keeper`, `controller`, `anchor`, `cli`, ... */
const part = basename(process.argv[1] ?? '').replace(/\.[cm]?js$/, '');
let turn = 0;
let skipped = 0;
let turnEnds = false;

function readPlan(): Plan | null {
  if (folder === undefined) return null;
  try {
    return JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Plan; // written by the runner
  } catch {
    return null;
  }
}

const plan = readPlan();

function phase(): string {
  try {
    return readFileSync(join(folder ?? '', 'phase'), 'utf8');
  } catch {
    return '';
  }
}

type Entry = (...args: never[]) => unknown;

/** Returns the names of the calling functions, innermost first: `append<recordExit<#exited`. */
function pathTo(entry: Entry): string {
  const {stackTraceLimit} = Error;
  const prepareStackTrace = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const holder: {stack?: unknown} = {};
  Error.stackTraceLimit = STACK_LENGTH;
  Error.prepareStackTrace = (_error, sites) =>
    sites
      .filter(site => site.getFileName()?.startsWith('node:') === false)
      .map(site => site.getFunctionName() ?? '')
      .filter(name => name !== '')
      .slice(0, PATH_LENGTH)
      .join('<');
  Error.captureStackTrace(holder, entry);
  const {stack} = holder;
  Error.stackTraceLimit = stackTraceLimit;
  if (prepareStackTrace) Object.defineProperty(Error, 'prepareStackTrace', prepareStackTrace);
  else Reflect.deleteProperty(Error, 'prepareStackTrace');
  return String(stack);
}

function note(site: number, place: Place, entry: Entry): void {
  if (!turnEnds) {
    turnEnds = true;
    setImmediate(() => {
      turn++;
      turnEnds = false;
    });
  }
  const passed = [turn, phase(), site, place, pathTo(entry)].join('\t');
  appendFileSync(join(folder ?? '', `passed.${part}.${process.pid}`), `${passed}\n`);
}

/** Kills the first process that arrives here; its successor passes. */
function die(): void {
  let mark: number;
  try {
    mark = openSync(join(folder ?? '', 'died'), 'wx');
  } catch {
    return;
  }
  writeSync(mark, `${part} ${process.pid}\n`);
  closeSync(mark);
  process.kill(process.pid, 'SIGKILL');
  // Block, so that no further instruction of the program runs.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function hit(site: number, place: Place, entry: Entry): void {
  if (plan === null) return;
  if (plan.record) {
    note(site, place, entry);
    return;
  }
  if (site !== plan.site || place !== plan.place || part !== plan.part) return;
  if (phase() === plan.phase && pathTo(entry) === plan.path && skipped++ >= plan.skip) die();
}

function before(site: number): void {
  hit(site, 'before', before);
}

function after<T>(site: number, value: T): T {
  hit(site, 'after', after);
  return value;
}

function called<A extends unknown[], R>(site: number, callback: (...args: A) => R): (...args: A) => R {
  if (plan === null) return callback;
  return function entry(this: unknown, ...args: A): R {
    hit(site, 'called', entry);
    return callback.apply(this, args);
  };
}

export const __crash = {before, after, called};
