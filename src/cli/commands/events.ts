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
  summary: 'print events: starts, exits, restarts, signals, orphans ...',
  usage: 'events [-f] [-n N|all] [--json]',
  description: `Prints the journal, oldest event first. Reads the files of the journal, so it also works when the fleet is down, and
shows how its supervisor died. --json prints one JSON object per line; \`seq\` increases.`,
  options: {...FOLLOW_OPTION, ...linesOption(DEFAULT), ...JSON_OPTION},
  examples: [
    ['events -f', 'follow new events'],
    ['events -n all --json', 'all kept events as JSON'],
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
