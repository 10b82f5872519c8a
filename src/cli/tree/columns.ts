/** The columns of `brood tree`. */
import {formatBytes} from '../../base/format.ts';
import {shownCommand} from '../../text/command.ts';
import {styleOfState} from './state-style.ts';
import type {Column} from '../terminal/table.ts';
import type {Facts} from './facts.ts';

export interface Line {
  readonly facts: Facts;
  readonly prefix: string;
  /** This user may not read the PSS. */
  readonly pssDenied: boolean;
}

const UNKNOWN = '-';
const shown = <T>(value: T | null | undefined, words: (value: T) => string = String): string =>
  value === null || value === undefined ? UNKNOWN : words(value);

/**
 * Returns the command as ps(1) shows it: a process without a command line by its name in brackets. A brief command
 * omits the folder of the program.
 */
function commandWords({command, name, state, exit}: Facts, isBrief: boolean): string {
  if (state === 'Z') return `[${name}] <defunct>${exit === null ? '' : `, ${exitWords(exit)}`}`;
  if (command === null) return `[${name}]`;
  const words = shownCommand(command);
  return isBrief ? words.replace(/^\/[^ ]*\/(?=[^ ])/, '') : words;
}

const exitWords = ({code, signal}: NonNullable<Facts['exit']>): string =>
  signal === null ? `exit code ${code ?? '?'}` : `died of ${signal}`;

function ownerWords({worker, instance, role, orphan}: Facts): string {
  if (role !== null) return role;
  const id = worker === null ? '' : `${worker}/${instance ?? '?'}`;
  return orphan ? `${id || '?'} orphan` : id;
}

/** Returns the nice value, or the policy if the scheduler ignores the nice value. */
const niceWords = ({nice, policy}: Facts): string =>
  policy === null || policy === 'other' || policy === 'batch' ? shown(nice) : policy;

interface Shown {
  readonly withPss: boolean;
  readonly withUser: boolean;
  readonly withOwner: boolean;
  /** Shortens commands to fit a terminal. */
  readonly isBrief: boolean;
}

export function columns({withPss, withUser, withOwner, isBrief}: Shown): Column<Line>[] {
  const all: (Column<Line> | null)[] = [
    {title: 'PID', cell: ({facts}) => String(facts.pid), align: 'right'},
    withUser ? {title: 'USER', cell: ({facts}) => shown(facts.user), shrink: 8, drop: 1} : null,
    {title: 'STAT', cell: ({facts}) => shown(facts.stat), style: ({facts}) => styleOfState(facts.state)},
    {title: 'NI', cell: ({facts}) => niceWords(facts), align: 'right', drop: 3},
    {title: 'THR', cell: ({facts}) => shown(facts.threads), align: 'right', drop: 2},
    {
      title: 'CPU',
      cell: ({facts}) => shown(facts.cpuPercent, percent => `${percent.toFixed(percent < 100 ? 1 : 0)}%`),
      style: ({facts}) => ((facts.cpuPercent ?? 0) >= 50 ? 'yellow' : null),
      align: 'right',
      drop: 5,
    },
    {title: 'MEM', cell: ({facts}) => shown(facts.rssBytes, formatBytes), align: 'right', drop: 4},
    withPss
      ? {
          title: 'PSS',
          cell: ({facts, pssDenied}) => (pssDenied ? 'denied' : shown(facts.pssBytes, formatBytes)),
          align: 'right',
          drop: 6,
        }
      : null,
    withOwner
      ? {
          title: 'WORKER',
          cell: ({facts}) => ownerWords(facts),
          style: ({facts}) => (facts.role !== null ? 'dim' : facts.orphan ? 'yellow' : 'cyan'),
          shrink: 13,
          drop: 7,
        }
      : null,
    {
      title: 'COMMAND',
      cell: ({facts, prefix}) => prefix + commandWords(facts, isBrief),
      style: ({facts}) => (facts.state === 'Z' ? 'red' : null),
      shrink: 20,
    },
  ];
  return all.filter(column => column !== null);
}
