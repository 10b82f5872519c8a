/** What a worker says of itself by sd_notify(3): assignments, one a line. What is not known is left out. */
import type {Notice} from '../../link/runs.ts';

const MAX_STATUS_BYTES = 1024;
/** Nobody means more; beyond, dates could not be told. */
const LONGEST_MS = 365 * 24 * 3600 * 1000;

export interface Parsed {
  /** Null where it says nothing that is told. */
  readonly notice: Notice | null;
  /** From now on that process is to be the main one. */
  readonly mainPid: number | null;
  /** Names that mean something elsewhere, or nothing at all, and are not taken up here. */
  readonly unsupported: readonly string[];
}

const TAKEN = new Set([
  ...['READY', 'RELOADING', 'STOPPING', 'STATUS', 'WATCHDOG', 'WATCHDOG_USEC', 'EXTEND_TIMEOUT_USEC'],
  ...['ERRNO', 'EXIT_STATUS', 'MAINPID', 'BARRIER'],
  // When a reload began: only who counts its time needs that.
  'MONOTONIC_USEC',
]);
/** Names that begin with X_ are each program's own (sd_notify(3)). */
const isUnsupported = (name: string): boolean => !TAKEN.has(name) && /^(?!X_)[A-Z][A-Z0-9_]{0,39}$/.test(name);

export function parseNotice(bytes: Buffer): Parsed {
  const said = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) said.set(line.slice(0, equals), line.slice(equals + 1));
  }
  const notice: Notice = {
    ...(said.get('READY') === '1' ? {ready: true as const} : {}),
    ...phaseOf(said),
    ...(said.has('STATUS') ? {status: statusText(said.get('STATUS') ?? '')} : {}),
    ...watchdogOf(said.get('WATCHDOG')),
    ...milliseconds('watchdogMs', said.get('WATCHDOG_USEC')),
    ...milliseconds('extendMs', said.get('EXTEND_TIMEOUT_USEC')),
    ...numbered('errno', said.get('ERRNO')),
    ...numbered('exitStatus', said.get('EXIT_STATUS')),
  };
  return {
    notice: Object.keys(notice).length === 0 ? null : notice,
    mainPid: integer(said.get('MAINPID')),
    unsupported: [...said.keys()].filter(isUnsupported),
  };
}

function phaseOf(said: ReadonlyMap<string, string>): Pick<Notice, 'phase'> {
  if (said.get('STOPPING') === '1') return {phase: 'stopping'};
  if (said.get('RELOADING') === '1') return {phase: 'reloading'};
  // With it a reload is done.
  return said.get('READY') === '1' ? {phase: null} : {};
}

function watchdogOf(value: string | undefined): Pick<Notice, 'watchdog'> {
  if (value === '1') return {watchdog: 'fed'};
  return value === 'trigger' ? {watchdog: 'trigger'} : {};
}

/** For people: no control characters, and not cut within a character. */
function statusText(value: string): string {
  const clean = value.replace(/\p{Cc}/gu, ' ');
  const bytes = Buffer.from(clean);
  if (bytes.length <= MAX_STATUS_BYTES) return clean;
  let end = MAX_STATUS_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** A number of at most 20 digits, as 64 bits have; null for anything else. */
function integer(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,20}$/.test(value) ? Number(value) : null;
}

function numbered(name: 'errno' | 'exitStatus', value: string | undefined): Notice {
  const number = integer(value);
  return number === null || !Number.isSafeInteger(number) ? {} : {[name]: number};
}

/** From microseconds. */
function milliseconds(name: 'watchdogMs' | 'extendMs', value: string | undefined): Notice {
  const micros = integer(value);
  return micros === null ? {} : {[name]: Math.min(micros / 1000, LONGEST_MS)};
}

/** Two notices as one; the later one counts, but of what was said once nothing is taken back. */
export function joined(before: Notice | null, after: Notice): Notice {
  if (before === null) return after;
  return {
    ...before,
    ...after,
    ...(before.phase === 'stopping' ? {phase: before.phase} : {}),
    ...(before.watchdog === 'trigger' ? {watchdog: before.watchdog} : {}),
  };
}

/** What still holds when another controller comes: moments do not. */
export function lasting(notice: Notice): Notice {
  return Object.fromEntries(Object.entries(notice).filter(([name]) => name !== 'watchdog' && name !== 'extendMs'));
}
