/** What stands for processes in tables and drawings: each for itself, or all of a worker or of a program as one. */

export interface IpcProcess {
  readonly pid: number;
  /** `keeper`, `controller` or `anchor`, else what the process calls itself; untrusted. */
  readonly name: string;
  readonly worker: string | null;
  readonly instance: number | null;
}

/** How closely processes are looked at. */
export type Level = 'process' | 'program';

export interface Node {
  readonly key: string;
  /** Untrusted: it holds names that processes gave themselves. */
  readonly label: string;
  /** What it is one of: a worker's instance, or a program. */
  readonly group: string;
}

/** The instance it belongs to, or null. */
export const instanceOf = ({worker, instance}: IpcProcess): string | null =>
  worker === null ? null : instance === null ? worker : `${worker}/${instance}`;

export function nodesOf(processes: readonly IpcProcess[], level: Level): ReadonlyMap<number, Node> {
  if (level === 'process') return new Map(processes.map(process => [process.pid, ofProcess(process)]));
  const members = new Map<string, number>();
  for (const process of processes) members.set(programOf(process), (members.get(programOf(process)) ?? 0) + 1);
  return new Map(
    processes.map(process => {
      const name = programOf(process);
      const count = members.get(name) ?? 0;
      return [process.pid, {key: `g ${name}`, label: count > 1 ? `${name} (${count})` : name, group: name}];
    }),
  );
}

function ofProcess(process: IpcProcess): Node {
  const instance = instanceOf(process);
  const words = [instance, process.name, String(process.pid)];
  return {
    key: `p ${process.pid}`,
    label: words.filter(word => word !== null).join(' '),
    group: instance ?? process.name,
  };
}

/** A worker's processes by its name, which no program is called. */
const programOf = ({worker, name}: IpcProcess): string => (worker === null ? name : `${worker}/*`);
