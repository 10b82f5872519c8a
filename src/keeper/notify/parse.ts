/** Parses messages of sd_notify(3): one assignment per line. Unknown assignments are left out of the notice. */
import type {Notice} from '../../link/runs.ts';

const MAX_STATUS_BYTES = 1024;
/** No worker means more, and dates could not represent more. */
const LONGEST_MS = 365 * 24 * 3600 * 1000;

export interface Parsed {
  /** Null if the message has nothing to report. */
  readonly notice: Notice | null;
  /** The new main process (`MAINPID`), or null. */
  readonly mainPid: number | null;
  /** Names that have no effect here, with or without a meaning elsewhere. */
  readonly unsupported: readonly string[];
}

const TAKEN = new Set([
  ...['READY', 'RELOADING', 'STOPPING', 'STATUS', 'WATCHDOG', 'WATCHDOG_USEC', 'EXTEND_TIMEOUT_USEC'],
  ...['ERRNO', 'EXIT_STATUS', 'MAINPID', 'BARRIER'],
  // The start of a reload: only a supervisor that times reloads needs it.
  'MONOTONIC_USEC',
]);
/** Names that begin with X_ are private to each program (sd_notify(3)). */
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
  // `READY=1` ends a reload.
  return said.get('READY') === '1' ? {phase: null} : {};
}

function watchdogOf(value: string | undefined): Pick<Notice, 'watchdog'> {
  if (value === '1') return {watchdog: 'fed'};
  return value === 'trigger' ? {watchdog: 'trigger'} : {};
}

/** Returns a status for display: without control characters, and not cut within a character. */
function statusText(value: string): string {
  const clean = value.replace(/\p{Cc}/gu, ' ');
  const bytes = Buffer.from(clean);
  if (bytes.length <= MAX_STATUS_BYTES) return clean;
  let end = MAX_STATUS_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

/** Parses a number of at most 20 digits, as 64 bits have. Returns null for anything else. */
function integer(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,20}$/.test(value) ? Number(value) : null;
}

function numbered(name: 'errno' | 'exitStatus', value: string | undefined): Notice {
  const number = integer(value);
  return number === null || !Number.isSafeInteger(number) ? {} : {[name]: number};
}

/** Converts microseconds to milliseconds. */
function milliseconds(name: 'watchdogMs' | 'extendMs', value: string | undefined): Notice {
  const micros = integer(value);
  return micros === null ? {} : {[name]: Math.min(micros / 1000, LONGEST_MS)};
}

/** Merges two notices. The later one wins, but never revokes `stopping` or a watchdog's `trigger`. */
export function joined(before: Notice | null, after: Notice): Notice {
  if (before === null) return after;
  return {
    ...before,
    ...after,
    ...(before.phase === 'stopping' ? {phase: before.phase} : {}),
    ...(before.watchdog === 'trigger' ? {watchdog: before.watchdog} : {}),
  };
}

/** Returns the part of a notice that is still valid for the next controller, without momentary fields. */
export function lasting(notice: Notice): Notice {
  return Object.fromEntries(Object.entries(notice).filter(([name]) => name !== 'watchdog' && name !== 'extendMs'));
}
