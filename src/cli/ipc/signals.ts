/** Prints the signals of processes, wrapped to the width of the terminal. */
import type {Channel} from '../../ipc/types.ts';
import type {Output} from '../terminal/output.ts';
import {plainText} from '../../text/sanitize.ts';
import {wrap} from '../terminal/wrap.ts';
import {nodesOf} from '../../text/channels/nodes.ts';
import type {IpcReport} from './report.ts';

const SETS = ['pending', 'blocked', 'ignored', 'caught'] as const;
const INDENT = 11;
const COLUMNS = 80;

const namesIn = ({detail}: Channel, set: string): readonly string[] => {
  const names = detail[set];
  return Array.isArray(names) ? (names as string[]) : [];
};

export function printSignals(out: Output, {processes, channels}: IpcReport): void {
  const nodes = nodesOf(processes, 'process');
  for (const channel of channels) {
    if (channel.kind !== 'signal') continue;
    const pid = channel.ends[0]?.pid ?? 0;
    out.line(out.paint('bold', plainText(`signals of ${nodes.get(pid)?.label ?? String(pid)}`)));
    for (const set of SETS) {
      const names = namesIn(channel, set);
      const [first = '-', ...rest] = wrap(names.join(' '), (out.columns ?? COLUMNS) - INDENT);
      out.line(`  ${set.padEnd(INDENT - 2)}${first === '' ? '-' : first}`);
      for (const line of rest) out.line(' '.repeat(INDENT) + line);
    }
  }
}
