/** Help texts, generated from the table of commands. */
import {GLOBAL_OPTIONS, type Command, type Group, type Option} from './command.ts';
import type {Output} from '../terminal/output.ts';
import {wrap} from '../terminal/wrap.ts';

/** `brood --help`: one line for each command. */
export function printOverview({out}: {out: Output}, commands: readonly Command[], groups: readonly Group[]): void {
  const {paint} = out;
  out.line(`${paint('bold', 'brood')} runs a fleet of processes and keeps it running.`);
  out.line();
  out.line('usage: brood COMMAND [ARGUMENT...]');
  const width = Math.max(...commands.map(({name}) => name.length));
  for (const {title, names} of groups) {
    out.line();
    out.line(paint('bold', title));
    for (const name of names) {
      const command = commands.find(one => one.name === name);
      if (command) out.line(`  ${paint('cyan', name.padEnd(width))}  ${command.summary}`);
    }
  }
  out.line();
  out.line('`brood help COMMAND` explains a command. Exit codes: 0 success, 1 failure, 2 bad');
  out.line('usage or bad fleet file, 3 no supervisor running, 124 --timeout expired.');
}

/** `brood help COMMAND`. */
export function printHelp({out}: {out: Output}, command: Command): void {
  const {paint} = out;
  const width = Math.min(out.columns ?? 80, 100);
  out.line(`${paint('bold', `brood ${command.name}`)}: ${command.summary}`);
  out.line();
  const forms = command.usage.split('\n');
  for (const [i, form] of forms.entries()) out.line(`${i === 0 ? 'usage: ' : '       '}brood ${form}`);
  for (const paragraph of command.description.split('\n\n')) {
    out.line();
    for (const line of asParagraph(paragraph, width)) out.line(line);
  }
  out.line();
  out.line(paint('bold', 'Options'));
  const options = Object.entries({...command.options, ...GLOBAL_OPTIONS});
  const column = Math.max(...options.map(([name, option]) => spelled(name, option).length));
  for (const [name, option] of options) {
    const [first = '', ...rest] = wrap(option.help, width - column - 4);
    out.line(`  ${paint('cyan', spelled(name, option).padEnd(column))}  ${first}`);
    for (const line of rest) out.line(' '.repeat(column + 4) + line);
  }
  if (command.examples.length === 0) return;
  out.line();
  out.line(paint('bold', 'Examples'));
  for (const [line, words] of command.examples) {
    out.line(`  brood ${line}`);
    out.line(`      ${paint('dim', words)}`);
  }
}

/** Wraps prose; text in columns keeps its line breaks. */
const asParagraph = (text: string, width: number): readonly string[] =>
  text.includes('  ') ? text.split('\n') : wrap(text.replaceAll('\n', ' '), width);

const spelled = (name: string, {short, value}: Option): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
