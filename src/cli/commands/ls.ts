import {connectFleet} from '../../control/connect.ts';
import {listFleets, type FleetEntry} from '../../control/find.ts';
import type {PsReport} from '../../control/reports.ts';
import {atMost} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {examineSupervisor} from '../target/supervisor-look.ts';
import {troubleWords} from '../target/supervisor-troubles.ts';
import {printTable, type Column} from '../terminal/table.ts';

/** The timeout for one controller: the other fleets are listed even if it is silent. */
const PATIENCE_MS = 1000;

export const ls: Command = {
  name: 'ls',
  summary: 'list all fleets of this user, and whether their supervisors run',
  usage: 'ls [--json]',
  description: `Lists every fleet under BROOD_HOME. STATE is running; dead (the supervisor was killed before it stopped its workers:
they keep running, and \`brood up\` adopts them); or down.`,
  options: JSON_OPTION,
  examples: [['ls', 'the current folder does not matter']],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const fleets = await Promise.all(listFleets(context.env).map(look));
    if (isSet(context, 'json')) context.out.json(fleets);
    else if (fleets.length === 0) context.out.line('no fleets; `brood up` starts the fleet in ./brood.yaml');
    else printTable(context.out, COLUMNS, fleets);
    const silent = fleets.filter(({state, workers}) => state === 'running' && workers === null);
    for (const {name, folder} of silent) {
      const {troubles} = await examineSupervisor(folder, {controllerIsSilent: true});
      context.err.line(`${name}: ${troubles.map(troubleWords).join('; ')}`);
    }
    return 0;
  },
};

interface Fleet {
  readonly name: string;
  readonly id: string;
  readonly state: 'running' | 'dead' | 'down';
  readonly file: string | null;
  readonly folder: string;
  /** The pid of the keeper. */
  readonly pid: number | null;
  readonly workers: {readonly total: number; readonly ready: number; readonly failed: number} | null;
}

async function look(entry: FleetEntry): Promise<Fleet> {
  const {name, id, file, folder, lock, alive} = entry;
  // A keeper empties its lock file on a clean exit; a killed keeper leaves its entry in the file.
  const state = alive ? 'running' : lock === null ? 'down' : 'dead';
  const report = alive ? await ask(folder) : null;
  const statuses = report?.workers.map(({status}) => status) ?? [];
  const number = (wanted: string) => statuses.filter(status => status === wanted).length;
  return {
    name,
    id,
    state,
    file,
    folder,
    pid: alive ? (lock?.pid ?? null) : null,
    workers: report && {total: statuses.length, ready: number('ready'), failed: number('failed')},
  };
}

async function ask(folder: string): Promise<PsReport | null> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const client = await connectFleet(folder, {timeoutMs: PATIENCE_MS});
    try {
      return await client.call('ps', {}, {signal});
    } finally {
      client.close();
    }
  } catch {
    return null;
  }
}

function workersWords({workers}: Fleet): string {
  if (!workers) return '-';
  const failed = workers.failed > 0 ? `, ${workers.failed} failed` : '';
  return `${workers.ready}/${workers.total} ready${failed}`;
}

const COLUMNS: readonly Column<Fleet>[] = [
  {title: 'NAME', cell: ({name}) => name},
  {
    title: 'STATE',
    cell: ({state}) => state,
    style: ({state}) => (state === 'running' ? 'green' : state === 'dead' ? 'red' : 'dim'),
  },
  {title: 'WORKERS', cell: workersWords, style: ({workers}) => (workers?.failed ? 'red' : null), drop: 2},
  {title: 'PID', cell: ({pid}) => (pid === null ? '-' : String(pid)), align: 'right', drop: 1},
  {title: 'FILE', cell: ({file}) => file ?? '-', shrink: 20},
];
