import type {EventRecord} from '../../journal/record.ts';
import {followJournal, lastRecords, recordsAfter} from '../../journal/read.ts';
import {atMost} from '../framework/arguments.ts';
import {isSet, JSON_OPTION, type Command} from '../framework/command.ts';
import {eventLine} from '../logs/event-line.ts';
import {chooseFleet} from '../target/fleet.ts';
import {watchOver} from '../target/supervisor-watch.ts';
import {FOLLOW_OPTION, lineCountOf, linesOption, stopSignal} from '../logs/tail-options.ts';

const DEFAULT = 50;

export const events: Command = {
  name: 'events',
  summary: 'what happened: starts, exits, restarts, signals, orphans ...',
  usage: 'events [-f] [-n N|all] [--json]',
  description: `Shows the journal, oldest first. It is read from its files, so it tells of a fleet that is down, too, and of how
its supervisor died. With --json one JSON object a line; \`seq\` rises.`,
  options: {...FOLLOW_OPTION, ...linesOption(DEFAULT), ...JSON_OPTION},
  examples: [
    ['events -f', 'as it happens'],
    ['events -n all --json', 'everything that is kept, for a program'],
  ],
  completes: 'none',
  async execute(context) {
    atMost(context, 0);
    const {out} = context;
    const wanted = lineCountOf(context, DEFAULT);
    const {folder} = await chooseFleet(context);
    let last = -1;
    const print = (record: EventRecord) => {
      last = record.seq;
      if (isSet(context, 'json')) out.json(record);
      else out.line(eventLine(record, out));
    };
    for (const record of wanted === null ? recordsAfter(folder, -1) : lastRecords(folder, wanted)) {
      print(record);
      if (out.full) await out.drained();
      if (out.gone.aborted) return 0;
    }
    out.flush();
    if (!isSet(context, 'follow')) return 0;
    // -n 0 skips earlier records.
    if (last === -1) last = lastRecords(folder, 1)[0]?.seq ?? -1;
    const watch = watchOver(folder, context.err);
    await followJournal(folder, last, stopSignal(out), record => {
      print(record);
      out.flush();
    });
    watch.end();
    return 0;
  },
};
