/** Formats the events of a trace, for a terminal and for programs. */
import {plainText} from '../../text/sanitize.ts';
import type {Output} from '../terminal/output.ts';
import type {Style} from '../terminal/paint.ts';
import {fit, widthOf} from '../../text/width.ts';
import type {AttributedEvent} from '../../process/trace/attribution.ts';

const WIDEST_ID = 24;
const WIDEST_NAME = 60;
const PID_COLUMNS = 7;

/** Returns an event as `--json` prints it. */
export function traceRecord({event, owner: {worker, instance}, ppid, command}: AttributedEvent): object {
  const at = new Date(event.at).toISOString();
  const {type, pid} = event;
  switch (event.type) {
    case 'fork':
      return {at, type, pid, child: event.child, worker, instance};
    case 'exec':
      return {at, type, pid, ppid, worker, instance, command};
    case 'setsid':
      return {at, type, pid, ppid, worker, instance};
    case 'comm':
      return {at, type, pid, ppid, worker, instance, command: event.name};
    case 'exit':
      return {at, type, pid, ppid, worker, instance, command, code: event.code, signal: event.signal};
  }
}

function happened({event, command}: AttributedEvent): {readonly words: string; readonly style: Style | null} {
  switch (event.type) {
    case 'fork':
      return event.pid === null
        ? {words: `appeared, parent unknown`, style: 'dim'}
        : {words: `fork -> ${event.child}`, style: null};
    case 'exec':
      return {words: `exec ${command ?? '?'}`, style: 'bold'};
    case 'setsid':
      return {words: 'setsid', style: null};
    case 'comm':
      return {words: `renamed to ${event.name}`, style: null};
    case 'exit': {
      const who = command === null || command === '' ? '' : ` (${fit(plainText(command), WIDEST_NAME)})`;
      if (event.signal !== null) return {words: `killed by ${event.signal}${who}`, style: 'red'};
      if (event.code === null) return {words: `exit status unknown${who}`, style: 'yellow'};
      return {words: `exit code ${event.code}${who}`, style: event.code === 0 ? 'dim' : 'yellow'};
    }
  }
}

const two = (number: number): string => String(number).padStart(2, '0');

/** Returns the local time with milliseconds. */
function clock(at: number): string {
  const date = new Date(at);
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}

/** Formats the lines of a trace. The column of ids grows with its content. */
export class TraceLines {
  readonly #out: Output;
  readonly #roleOf: (pid: number) => string | null;
  #idColumns = 0;

  constructor(out: Output, roleOf: (pid: number) => string | null, ids: Iterable<string>) {
    this.#out = out;
    this.#roleOf = roleOf;
    for (const id of ids) this.#widen(id);
  }

  line(attributed: AttributedEvent): string {
    const {event, owner} = attributed;
    const pid = event.pid ?? (event.type === 'fork' ? event.child : 0);
    const id = owner.worker === null ? (this.#roleOf(pid) ?? '-') : `${owner.worker}/${owner.instance ?? '?'}`;
    this.#widen(id);
    const {paint, columns} = this.#out;
    const before = `${clock(event.at)}  ${fit(id, WIDEST_ID).padEnd(this.#idColumns)}  ${String(pid).padStart(PID_COLUMNS)}`;
    const {words, style} = happened(attributed);
    const safe = plainText(words);
    const fitting = columns === null ? safe : fit(safe, Math.max(columns - widthOf(before) - 2, 8));
    return `${before}  ${style === null ? fitting : paint(style, fitting)}`;
  }

  #widen(id: string): void {
    this.#idColumns = Math.max(this.#idColumns, Math.min(widthOf(id), WIDEST_ID));
  }
}
