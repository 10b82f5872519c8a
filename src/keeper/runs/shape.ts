/**
 * The lines of a record, and checks that a keeper has written them. A disk that has lost a block, or another version of
 * the program, may have left JSON of another shape: a keeper that trusted it would fail, and so would each successor
 * that its anchor starts. An invalid line counts as torn.
 */
import {GRANT_FIELDS, isGrantKind, type Grant} from '../../link/channels.ts';
import type {SpawnOrder} from '../../link/spawn.ts';
import type {ExitFact, LogStart, RunFact, RunLimits} from '../../link/runs.ts';
import type {SignalName} from '../../base/signal-name.ts';

/** The line written before the spawn. */
export interface Intent {
  readonly token: string;
  readonly id: string;
  readonly boot: string;
  readonly logFolder: string;
  readonly logMaxSize: number;
  readonly logStart: LogStart;
  readonly stopSignal: SignalName;
  readonly stopTimeoutMs: number;
  /** Inherited channels; records of earlier versions have `sockets` and `pipes` instead, or neither. */
  readonly channels?: readonly Grant[];
  readonly sockets?: readonly {readonly name: string; readonly address: string}[];
  readonly pipes?: readonly {readonly name: string}[];
  readonly notify?: string | null;
  readonly owner?: SpawnOrder['owner'];
  readonly readyFd?: number | null;
  /** The cgroup in which the main process is to be born; null: none. */
  readonly cgroup?: string | null;
  readonly limits?: RunLimits;
}

/** The line written after the spawn: the main process. */
export interface Started {
  readonly pid: number;
  readonly startTime: string;
  /** Start time of the first main process, if this is another one. */
  readonly since?: string | null;
  readonly startedAt: number;
  readonly cgroup: string | null;
}

type Entries = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Entries =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isNullOr = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || value === null || is(value);
const isText = (value: unknown): boolean => typeof value === 'string' && !value.includes('\0');
const isSignal = (value: unknown): boolean => typeof value === 'string' && /^SIG[A-Z0-9+-]{2,12}$/.test(value);
const isPid = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0 && Number(value) < 2 ** 31;

const hasTexts =
  (...keys: readonly string[]) =>
  (value: unknown): boolean =>
    isRecord(value) && keys.every(key => isText(value[key]));
const isListOf = (value: unknown, is: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);

const isLogStart = (value: unknown): boolean => isRecord(value) && isCount(value['out']) && isCount(value['err']);
const isOwner = (value: unknown): boolean => isRecord(value) && isCount(value['uid']) && isCount(value['gid']);
const isLimits = (value: unknown): boolean =>
  isRecord(value) && isNullOr(value['memory'], isCount) && isNullOr(value['cpu'], isCount);

const isGrant = (value: unknown): boolean =>
  isRecord(value) && isGrantKind(value['kind']) && hasTexts('name', ...GRANT_FIELDS[value['kind']])(value);

/** Returns the inherited channels in the order of their descriptors. */
export const channelsOf = ({channels, sockets = [], pipes = []}: Intent): readonly Grant[] =>
  channels ?? [
    ...sockets.map(socket => ({kind: 'socket', ...socket}) as const),
    ...pipes.map(pipe => ({kind: 'pipe', ...pipe}) as const),
  ];

export const isIntent = (value: unknown): value is Intent =>
  isRecord(value) &&
  hasTexts('token', 'id', 'boot', 'logFolder')(value) &&
  isCount(value['logMaxSize']) &&
  isLogStart(value['logStart']) &&
  isSignal(value['stopSignal']) &&
  isCount(value['stopTimeoutMs']) &&
  isNullOr(value['channels'], list => isListOf(list, isGrant)) &&
  isNullOr(value['sockets'], list => isListOf(list, hasTexts('name', 'address'))) &&
  isNullOr(value['pipes'], list => isListOf(list, hasTexts('name'))) &&
  isNullOr(value['notify'], isText) &&
  isNullOr(value['owner'], isOwner) &&
  isNullOr(value['readyFd'], isCount) &&
  isNullOr(value['cgroup'], isText) &&
  isNullOr(value['limits'], isLimits);

export const isStarted = (value: unknown): value is Started =>
  isRecord(value) &&
  isPid(value['pid']) &&
  typeof value['startTime'] === 'string' &&
  isCount(value['startedAt']) &&
  isNullOr(value['since'], isText) &&
  isNullOr(value['cgroup'], isText);

export const isExit = (value: unknown): value is ExitFact =>
  isRecord(value) &&
  (value['code'] === null || Number.isInteger(value['code'])) &&
  (value['signal'] === null || isSignal(value['signal'])) &&
  isCount(value['at']);

const isDoubt = (value: unknown): boolean =>
  hasTexts('words')(value) && isRecord(value) && isNullOr(value['pid'], isPid) && isNullOr(value['startTime'], isText);

export const isCleared = (value: unknown): value is NonNullable<RunFact['cleared']> =>
  isRecord(value) &&
  ['cgroup', 'connector', 'lineage'].includes(String(value['proof'])) &&
  isListOf(value['survivors'], isText) &&
  isNullOr(value['doubts'], list => isListOf(list, isDoubt));
