import {parseFleetFile} from '../../fleet/index.ts';
import type {FleetSpec} from '../../fleet/types.ts';
import {whyNoSocketHere} from '../../home/check.ts';
import {whyUnwatched} from '../target/unwatched.ts';
import {whyNoLimit} from '../../process/cgroup.ts';
import {atMost} from '../framework/arguments.ts';
import type {Command} from '../framework/command.ts';
import {ExitCode} from '../framework/errors.ts';
import {fleetFileOf, printProblems} from '../target/fleet-file.ts';
import {commandLine} from '../../text/command.ts';
import {count, exactDuration} from '../../base/format.ts';
import {plainText} from '../../text/sanitize.ts';
import {printTable} from '../terminal/table.ts';

export const check: Command = {
  name: 'check',
  summary: 'validate a fleet file; report all errors with line and column',
  usage: 'check [FILE]',
  description: `Reads a fleet file (default ./brood.yaml) or a Procfile and reports all its errors at once: the position, what was
expected, and the nearest valid spelling. Starts nothing.`,
  options: {},
  examples: [
    ['check', 'validate ./brood.yaml'],
    ['check Procfile', 'show how brood reads it'],
  ],
  completes: 'files',
  async execute(context) {
    atMost(context, 1);
    const file = fleetFileOf(context);
    const {fleet, problems} = await parseFleetFile(file, {
      unenforced: whyNoLimit,
      noSocket: whyNoSocketHere,
      unwatchable: whyUnwatched,
    });
    printProblems(context, problems);
    if (!fleet) {
      const errors = problems.filter(({severity}) => severity === 'error').length;
      context.err.line(`${plainText(file)}: ${count(errors, 'error')}`);
      return ExitCode.usage;
    }
    const instances = fleet.workers.reduce((sum, worker) => sum + worker.instances, 0);
    context.out.line(
      `${plainText(file)}: fleet ${fleet.name}, ${count(fleet.workers.length, 'worker')}, ${count(instances, 'instance')}`,
    );
    if (fleet.workers.length > 0) printWorkers(context, fleet);
    return ExitCode.done;
  },
};

function printWorkers({out}: Parameters<Command['execute']>[0], {workers}: FleetSpec): void {
  printTable(
    out,
    [
      {title: 'WORKER', cell: ({name}) => name, shrink: 12},
      {title: 'N', cell: ({instances}) => String(instances), align: 'right', drop: 2},
      {title: 'RESTART', cell: ({restart}) => restart, drop: 1},
      {title: 'STOP', cell: ({stop}) => `${stop.signal} ${exactDuration(stop.timeoutMs)}`, drop: 3},
      {
        title: 'AFTER',
        cell: ({after, requires}) => [...new Set([...requires, ...after])].join(' ') || '-',
        shrink: 8,
        drop: 4,
      },
      {title: 'COMMAND', cell: ({argv}) => commandLine(argv), shrink: 20},
    ],
    workers,
  );
}
