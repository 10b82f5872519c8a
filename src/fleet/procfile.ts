import type {Context} from './check/check.ts';
import {isName, NAME_RULE} from './values/names.ts';
import {fleetName} from './schema/fleet.ts';
import {defaultWorker} from './schema/worker.ts';
import type {FleetSpec, WorkerSpec} from './types.ts';
import {quote} from './syntax/tree.ts';

const LINE = /^(\s*)([^\s:#]+)\s*:(.*)$/s;

/** Reads `name: command` lines; each command runs through `/bin/sh -c`, as in foreman. */
export function readProcfile(text: string, context: Context): Omit<FleetSpec, 'file'> {
  const {report, dir} = context;
  const workers = new Map<string, {readonly spec: WorkerSpec; readonly written: string}>();
  let start = 0;
  for (const line of text.split('\n')) {
    const at = start;
    start += line.length + 1;
    if (/^\s*(#.*)?$/s.test(line)) continue;
    const [, indent = '', written = '', rest = ''] = LINE.exec(line) ?? [];
    const command = rest.trim();
    const nameAt = at + indent.length;
    if (written === '') {
      report.error(at, `expected NAME: COMMAND, found ${quote(line.trim())}`);
      continue;
    }
    const name = written.replaceAll('_', '-');
    const before = workers.get(name);
    if (!isName(name)) report.error(nameAt, `${quote(written)}: expected ${NAME_RULE}`);
    else if (before?.written === written) report.error(nameAt, `duplicate name ${written}`);
    else if (before !== undefined)
      report.error(nameAt, `${written} and ${before.written} both become the name ${name}`);
    else if (command === '') report.error(nameAt, `${written}: no command: write ${written}: COMMAND`);
    else if (command.includes('\0')) report.error(nameAt, `${written}: a command can't contain a NUL character`);
    else {
      if (name !== written) report.note(nameAt, `${written} is renamed to ${name}: a name can't contain _`);
      workers.set(name, {spec: defaultWorker(name, ['/bin/sh', '-c', command], dir), written});
    }
  }
  if (workers.size === 0 && !report.failed)
    report.error(0, 'the file defines no workers: write lines such as web: node server.js');
  const specs = [...workers.values()].map(({spec}) => spec);
  return {name: fleetName(dir), dir, workers: specs, groups: [], channels: []};
}
