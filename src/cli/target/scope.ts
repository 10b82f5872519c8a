/** The processes that a command covers: those of a fleet, the named ones, or all of the machine (`--all`). */
import type {LineageEntry, LineageReport} from '../../control/reports.ts';
import {FleetChoiceError, NotRunningError} from '../../control/errors.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import {atMost} from '../framework/arguments.ts';
import {isSet, textOf, type Context, type Option} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {chooseFleet, connect, type Connected} from './fleet.ts';
import {ask, NoAnswerError} from './reach.ts';
import {plainText} from '../../text/sanitize.ts';

export const ALL_OPTION: Readonly<Record<string, Option>> = {
  all: {type: 'boolean', help: 'the whole machine, with or without a fleet'},
};

/** The target that the argument names. */
export type Target =
  | {readonly kind: 'pid'; readonly pid: number}
  /** A worker, or (`instance` set) one of its instances. */
  | {readonly kind: 'worker'; readonly worker: string; readonly instance: number | null};

export interface Scope {
  /** The fleet; null with `--all` if none is running. */
  readonly connected: Connected | null;
  readonly lineage: LineageReport | null;
  readonly all: boolean;
  readonly target: Target | null;
  /**
   * Returns the owner of a process. Without a start time, only the pid is compared, which may have been reused since.
   */
  ownerOf(pid: number, startTime?: string): LineageEntry | null;
  /** Returns the role of a process in the supervisor, or null if it has none. */
  roleOf(pid: number): 'anchor' | 'keeper' | 'controller' | null;
  /**
   * Returns the selected pids, or null for all processes. A pid as the target selects that process without its
   * descendants.
   */
  meant(): ReadonlySet<number> | null;
}

/** Calls `use` with the scope of `[NAME|PID] [--all]`, then closes the connection. Throws CliError. */
export async function withScope<T>(context: Context, use: (scope: Scope) => Promise<T> | T): Promise<T> {
  atMost(context, 1);
  const all = isSet(context, 'all');
  const connected = all ? await connectIfRunning(context) : await connectOrHint(context);
  try {
    const lineage = connected === null ? null : await ask(connected, 'lineage', {});
    return await use(scopeOf(context, all, connected, lineage));
  } finally {
    connected?.client.close();
  }
}

/** Connects to the fleet. If that fails, throws for a named fleet, and otherwise returns null. */
export async function connectIfRunning(context: Context): Promise<Connected | null> {
  try {
    const entry = await chooseFleet(context);
    return {entry, client: await connect(entry)};
  } catch (error) {
    const isAbsent = error instanceof CliError || error instanceof FleetChoiceError || error instanceof NotRunningError;
    // The fleet exists but does not answer: the command shows all that is visible without it, and the reason.
    if (error instanceof NoAnswerError) context.err.line(`continuing without the fleet: ${plainText(error.message)}`);
    if (isAbsent && textOf(context, 'fleet') === undefined) return null;
    throw error;
  }
}

export async function connectOrHint(context: Context): Promise<Connected> {
  try {
    const entry = await chooseFleet(context);
    return {entry, client: await connect(entry)};
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode !== ExitCode.notRunning) throw error;
    throw new CliError(error.exitCode, error.message, ['--all covers the whole machine, without a fleet.']);
  }
}

export function scopeOf(
  {positionals: [name]}: Pick<Context, 'positionals'>,
  all: boolean,
  connected: Connected | null,
  lineage: LineageReport | null,
): Scope {
  const owners = new Map((lineage?.processes ?? []).map(entry => [entry.pid, entry]));
  const ownerOf: Scope['ownerOf'] = (pid, startTime) => {
    const entry = owners.get(pid);
    return entry !== undefined && (startTime === undefined || entry.startTime === startTime) ? entry : null;
  };
  const roleOf: Scope['roleOf'] = pid => {
    if (lineage === null) return null;
    if (pid === lineage.keeper) return 'keeper';
    if (pid === lineage.controller) return 'controller';
    return pid === lineage.anchor ? 'anchor' : null;
  };
  const target = name === undefined ? null : targetOf(name, lineage);
  if (target?.kind === 'pid' && !all && ownerOf(target.pid) === null && roleOf(target.pid) === null) {
    throw new CliError(
      ExitCode.failed,
      `process ${target.pid} does not belong to fleet ${lineage?.fleet ?? ''}; --all covers the whole machine`,
    );
  }
  const meant: Scope['meant'] = () => {
    if (target?.kind === 'pid') return new Set([target.pid]);
    const entries = lineage?.processes ?? [];
    if (target?.kind === 'worker') {
      const {worker, instance} = target;
      const isMeant = (entry: LineageEntry): boolean =>
        entry.worker === worker && (instance === null || entry.instance === instance);
      return new Set(entries.filter(isMeant).map(({pid}) => pid));
    }
    if (all || lineage === null) return null;
    const supervisor = [lineage.anchor, lineage.keeper, lineage.controller].filter(pid => pid !== null);
    return new Set([...supervisor, ...entries.map(({pid}) => pid)]);
  };
  return {connected, lineage, all, target, ownerOf, roleOf, meant};
}

/** @throws CliError if there is no such worker or instance. */
function targetOf(name: string, lineage: LineageReport | null): Target {
  if (/^[1-9]\d{0,9}$/.test(name)) return {kind: 'pid', pid: Number(name)};
  if (lineage === null) {
    throw new CliError(
      ExitCode.notRunning,
      `no such worker: ${name} (no fleet is running here); a PID works without a fleet`,
    );
  }
  const [worker = '', number, ...rest] = name.split('/');
  const instances = lineage.instances.filter(one => one.worker === worker);
  if (instances.length === 0) {
    const names = [...new Set(lineage.instances.map(one => one.worker))];
    const near = nearest(worker, names);
    const hint = near === undefined ? `this fleet has ${names.join(', ') || 'no workers'}` : `did you mean ${near}?`;
    throw new CliError(ExitCode.failed, `no such worker: ${name}; ${hint}`);
  }
  if (number === undefined) return {kind: 'worker', worker, instance: null};
  if (rest.length > 0 || !instances.some(({instance}) => String(instance) === number)) {
    const ids = instances.map(({instance}) => `${worker}/${instance}`);
    throw new CliError(ExitCode.failed, `no such instance: ${name}; ${worker} has ${ids.join(', ')}`);
  }
  return {kind: 'worker', worker, instance: Number(number)};
}
