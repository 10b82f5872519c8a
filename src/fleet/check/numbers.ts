import {refuse, refuseBecause, textOf, type Check} from './check.ts';
import {exactDuration} from '../../base/format.ts';
import {parseDuration} from '../values/duration.ts';
import {sizeInFile, parseSize} from '../values/size.ts';

/** The bounds of a number. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

function rangeText({low, high}: Range): string {
  return `from ${low} to ${high}`;
}

/** A whole number in a range. */
export function integer(range: Range, example: number = range.low): Check<number> {
  const expects = `a whole number ${rangeText(range)}, such as ${example}`;
  return {
    expects,
    example: String(example),
    read(spot, context) {
      const value = spot.node.kind === 'scalar' ? spot.node.value : null;
      if (typeof value !== 'number' || !Number.isInteger(value)) return refuse(spot, context, expects);
      return value >= range.low && value <= range.high ? value : refuse(spot, context, expects);
    },
    show: String,
  };
}

/** A number in a range, whole or not. */
export function number(range: Range, example: number): Check<number> {
  const expects = `a number ${rangeText(range)}, such as ${example}`;
  return {
    expects,
    example: String(example),
    read(spot, context) {
      const value = spot.node.kind === 'scalar' ? spot.node.value : null;
      if (typeof value !== 'number' || Number.isNaN(value)) return refuse(spot, context, expects);
      return value >= range.low && value <= range.high ? value : refuse(spot, context, expects);
    },
    show: String,
  };
}

/** Milliseconds, written with a unit. */
export function duration({
  low = 0,
  example = '10s',
}: {readonly low?: number; readonly example?: string} = {}): Check<number> {
  const expects = `a duration such as ${example}`;
  return {
    expects,
    example,
    read(spot, context) {
      const value = textOf(spot.node);
      if (value === undefined) return refuse(spot, context, expects);
      const result = parseDuration(value);
      if ('problem' in result) return refuseBecause(spot, context, result.problem);
      if (result.ms >= low) return result.ms;
      return refuseBecause(spot, context, `is too short: expected at least ${exactDuration(low)}`);
    },
    show: exactDuration,
  };
}

/** Bytes, written with a unit; if zero is allowed, also as a bare 0. */
export function size({low, example}: {readonly low: number; readonly example: string}): Check<number> {
  const expects = `a size such as ${example}${low === 0 ? ', or 0' : ''}`;
  return {
    expects,
    example,
    read(spot, context) {
      const value = textOf(spot.node);
      if (value === undefined) return refuse(spot, context, expects);
      if (value === '0' && low === 0) return 0;
      const result = parseSize(value);
      if ('problem' in result) return refuseBecause(spot, context, result.problem);
      if (result.bytes >= low) return result.bytes;
      return refuseBecause(spot, context, `is too small: expected at least ${sizeInFile(low)}`);
    },
    show: value => (value === 0 ? '0' : sizeInFile(value)),
  };
}

/** Percent, written with its sign; `scale` is the value of 1%. */
export function percent(range: Range & {readonly scale: number; readonly example: string}): Check<number> {
  const expects = `a percentage ${rangeText(range)}, such as ${range.example}`;
  return {
    expects,
    example: range.example,
    read(spot, context) {
      const value = textOf(spot.node);
      const match = /^(\d{1,9}(?:\.\d{1,6})?)(%?)$/.exec(value ?? '');
      if (match === null) return refuse(spot, context, expects);
      const [, digits = '', sign = ''] = match;
      if (sign === '') return refuseBecause(spot, context, `has no percent sign: write ${digits}%`);
      const percentage = Number(digits);
      if (percentage < range.low || percentage > range.high) return refuse(spot, context, expects);
      return percentage * range.scale;
    },
    show: value => `${Math.round((value / range.scale) * 1e6) / 1e6}%`,
  };
}

/** Permission bits in octal. YAML 1.2 reads a plain 027 as 27, so the text is parsed and not the number. */
export const umask: Check<number> = {
  expects: 'an octal umask such as "027"',
  example: '"027"',
  read(spot, context) {
    const match = /^(?:0o)?([0-7]{1,4})$/.exec(textOf(spot.node) ?? '');
    const value = match === null ? NaN : parseInt(match[1] ?? '', 8);
    return value <= 0o777 ? value : refuse(spot, context, this.expects);
  },
  show: value => `"${value.toString(8).padStart(3, '0')}"`,
};

/** An absolute nice value; only root may go below 0 (setpriority(2)). */
export const niceness: Check<number> = {
  ...integer({low: -20, high: 19}, 5),
  read(spot, context) {
    const value = integer({low: -20, high: 19}, 5).read(spot, context);
    if (value === null || value >= 0 || context.root) return value;
    return refuseBecause(spot, context, 'a nice value below 0 needs root');
  },
};

const INSTANCES = integer({low: 1, high: 10_000}, 4);

/** A number of copies, or one per processor. */
export const instances: Check<number> = {
  expects: 'a whole number from 1 to 10000, or cpus',
  example: '4',
  read(spot, context) {
    if (textOf(spot.node) === 'cpus') return context.cpus;
    return typeof (spot.node.kind === 'scalar' ? spot.node.value : null) === 'number'
      ? INSTANCES.read(spot, context)
      : refuse(spot, context, this.expects);
  },
  show: String,
};
