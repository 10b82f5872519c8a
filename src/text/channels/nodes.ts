/** The nodes for processes in tables and drawings: one per process, or one per worker or program. */

export interface IpcProcess {
  readonly pid: number;
  /** `keeper`, `controller` or `anchor`, otherwise the process's own name; untrusted. */
  readonly name: string;
  readonly worker: string | null;
  readonly instance: number | null;
}

/** The level of detail. */
export type Level = 'process' | 'program';

export interface Node {
  readonly key: string;
  /** Untrusted: contains names that processes gave themselves. */
  readonly label: string;
  /** The worker's instance or the program that the node belongs to. */
  readonly group: string;
}

/** Returns the instance of a process, or null. */
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

/** Returns the name of a program, or of a worker in a form that no program name has. */
const programOf = ({worker, name}: IpcProcess): string => (worker === null ? name : `${worker}/*`);
