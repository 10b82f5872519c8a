/** Which processes a command looks at: those of a fleet, those that are named, or all of the machine (`--all`). */
import type {LineageEntry, LineageReport} from '../../control/reports.ts';
import {FleetChoiceError, NotRunningError} from '../../control/errors.ts';
import {nearest} from '../../fleet/values/nearest.ts';
import {atMost} from '../framework/arguments.ts';
import {isSet, textOf, type Context, type Option} from '../framework/command.ts';
import {CliError, ExitCode} from '../framework/errors.ts';
import {chooseFleet, connect, type Connected} from './fleet.ts';
import {ask, NoAnswerError} from './reach.ts';
import {plainText} from '../../words/sanitize.ts';

export const ALL_OPTION: Readonly<Record<string, Option>> = {
  all: {type: 'boolean', help: 'the whole machine, with or without a fleet'},
};

/** What the one argument names. */
export type Target =
  | {readonly kind: 'pid'; readonly pid: number}
  /** A worker, or (`instance` set) one of its instances. */
  | {readonly kind: 'worker'; readonly worker: string; readonly instance: number | null};

export interface Scope {
  /** The fleet; null with `--all` where none is running. */
  readonly connected: Connected | null;
  readonly lineage: LineageReport | null;
  readonly all: boolean;
  readonly target: Target | null;
  /** Whose process that is. Without a start time, the pid alone counts, which may have been given away since. */
  ownerOf(pid: number, startTime?: string): LineageEntry | null;
  /** `keeper`, `controller` or `anchor`; null: none of the supervisor's. */
  roleOf(pid: number): 'anchor' | 'keeper' | 'controller' | null;
  /** The pids that are meant; null: all there are. A pid stands for itself alone, and not for those below it. */
  meant(): ReadonlySet<number> | null;
}

/** Gives `use` what `[NAME|PID] [--all]` means, and closes the connection. Throws CliError. */
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

/** A fleet that was named must be there; one that was not need not. */
export async function connectIfRunning(context: Context): Promise<Connected | null> {
  try {
    const entry = await chooseFleet(context);
    return {entry, client: await connect(entry)};
  } catch (error) {
    const isAbsent = error instanceof CliError || error instanceof FleetChoiceError || error instanceof NotRunningError;
    // A fleet that is there and does not answer: all that can be seen without it is shown, and why there is no more.
    if (error instanceof NoAnswerError) context.err.line(`without the fleet: ${plainText(error.message)}`);
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
    throw new CliError(error.exitCode, error.message, ['With --all it looks at the whole machine, without a fleet.']);
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
      `process ${target.pid} is none of fleet ${lineage?.fleet ?? ''}'s; --all looks at the whole machine`,
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

/** @throws CliError where there is no such worker. */
function targetOf(name: string, lineage: LineageReport | null): Target {
  if (/^[1-9]\d{0,9}$/.test(name)) return {kind: 'pid', pid: Number(name)};
  if (lineage === null) {
    throw new CliError(ExitCode.notRunning, `no fleet is running here, so ${name} names nobody; a PID can be named`);
  }
  const [worker = '', number, ...rest] = name.split('/');
  const instances = lineage.instances.filter(one => one.worker === worker);
  if (instances.length === 0) {
    const names = [...new Set(lineage.instances.map(one => one.worker))];
    const near = nearest(worker, names);
    const hint = near === undefined ? `this fleet has ${names.join(', ') || 'no workers'}` : `did you mean ${near}?`;
    throw new CliError(ExitCode.failed, `no worker ${name}; ${hint}`);
  }
  if (number === undefined) return {kind: 'worker', worker, instance: null};
  if (rest.length > 0 || !instances.some(({instance}) => String(instance) === number)) {
    const ids = instances.map(({instance}) => `${worker}/${instance}`);
    throw new CliError(ExitCode.failed, `no instance ${name}; ${worker} has ${ids.join(', ')}`);
  }
  return {kind: 'worker', worker, instance: Number(number)};
}
