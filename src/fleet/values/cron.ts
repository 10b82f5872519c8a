/** The due times of a schedule, in local time: the values that each field admits, in rising order. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly daysOfMonth: readonly number[];
  /** January is 1. */
  readonly months: readonly number[];
  /** Sunday is 0. */
  readonly daysOfWeek: readonly number[];
  /** If both days are restricted, a time is due when either matches, else when both match (crontab(5)). */
  readonly eitherDay: boolean;
}

/** A schedule, or the reason why the text is not one. */
export type CronResult = {readonly cron: Cron} | {readonly problem: string};

interface Field {
  readonly what: string;
  readonly low: number;
  readonly high: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly [Field, Field, Field, Field, Field] = [
  {what: 'minute', low: 0, high: 59, names: []},
  {what: 'hour', low: 0, high: 23, names: []},
  {what: 'day of the month', low: 1, high: 31, names: []},
  {what: 'month', low: 1, high: 12, names: MONTHS},
  {what: 'day of the week', low: 0, high: 7, names: WEEKDAYS},
];
const LONGEST_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const SHORTHANDS: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** Parses five fields like crontab(5): `*`, values, ranges, steps, lists, names of months and weekdays. */
export function parseCron(text: string): CronResult {
  const shorthand = SHORTHANDS[text.trim().toLowerCase()];
  if (shorthand !== undefined) return {problem: `${text.trim()} is a crontab shorthand: write '${shorthand}'`};
  const parts = text.trim().split(/\s+/);
  if (parts.length !== FIELDS.length || text.trim() === '') {
    const found = text.trim() === '' ? 0 : parts.length;
    return {problem: `expected five fields (minute hour day month weekday) such as '*/5 * * * *', found ${found}`};
  }
  const sets: number[][] = [];
  for (const [index, field] of FIELDS.entries()) {
    const values = parseField(parts[index] ?? '', field);
    if (typeof values === 'string') return {problem: values};
    sets.push(values);
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], weekdays = []] = sets;
  const daysOfWeek = [...new Set(weekdays.map(day => day % 7))].sort((a, b) => a - b);
  const starred = (index: number) => parts[index]?.startsWith('*') === true;
  const eitherDay = !starred(2) && !starred(4);
  if (!eitherDay && !months.some(month => daysOfMonth.some(day => day <= (LONGEST_MONTH[month - 1] ?? 0)))) {
    return {problem: 'never runs: none of these months has such a day'};
  }
  return {cron: {minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay}};
}

function parseField(text: string, field: Field): number[] | string {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const result = parseItem(item, field);
    if (typeof result === 'string') return `${field.what}: ${result}`;
    for (let value = result.from; value <= result.to; value += result.step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function parseItem(
  item: string,
  field: Field,
): {readonly from: number; readonly to: number; readonly step: number} | string {
  const match = /^(\*|[A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?(?:\/(\d+))?$/.exec(item);
  const expected = `expected *, a value from ${field.low} to ${field.high}, a range or a list`;
  if (match === null) return `${expected}, found "${item.slice(0, 20)}"`;
  const [, first = '', last, stepText] = match;
  const step = stepText === undefined ? 1 : Number(stepText);
  if (step < 1 || step > field.high) return `invalid step ${stepText ?? ''}: expected 1 to ${field.high}`;
  if (first === '*') {
    if (last !== undefined) return `${expected}, found "${item.slice(0, 20)}"`;
    return {from: field.low, to: field.high === 7 ? 6 : field.high, step};
  }
  const from = parseValue(first, field);
  // Sunday can end a week as well as begin one: sat-sun.
  const end = last === undefined ? from : parseValue(last, field);
  const to = end === 0 && field.high === 7 && (from ?? 0) > 0 ? 7 : end;
  if (from === undefined || to === undefined) {
    return `${expected}, found "${(from === undefined ? first : (last ?? '')).slice(0, 20)}"`;
  }
  if (last === undefined && stepText !== undefined)
    return `a step needs * or a range: write ${first}-${field.high}/${step}`;
  if (from > to) return `the range ${first}-${last ?? ''} is reversed`;
  return {from, to, step};
}

function parseValue(text: string, field: Field): number | undefined {
  const named = field.names.indexOf(text.toLowerCase());
  if (named >= 0) return named + (field.low === 1 ? 1 : 0);
  if (!/^\d{1,3}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.low && value <= field.high ? value : undefined;
}
