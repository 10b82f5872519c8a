/** Checks the parameters of every method. No client input is used before it has passed these checks. */
import {ErrorCode, type Method, type Params} from './messages.ts';
import {RpcError} from './errors.ts';
import {isObject} from '../base/json.ts';

/** Returns a description of the expected value, or null if the value is valid. */
type Check = (value: unknown) => string | null;

const text: Check = value =>
  typeof value === 'string' && !value.includes('\0') ? null : 'a string without NUL characters';
const flag: Check = value => (typeof value === 'boolean' ? null : 'true or false');
const integer =
  (min: number, max: number): Check =>
  value =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max
      ? null
      : `a whole number from ${min} to ${max}`;
const number =
  (min: number, max: number): Check =>
  value =>
    typeof value === 'number' && value >= min && value <= max ? null : `a number from ${min} to ${max}`;

const name: Check = value =>
  typeof value === 'string' && /^[0-9a-f]{16}$/.test(value) ? null : '16 hexadecimal digits';

const texts: Check = value =>
  Array.isArray(value) && value.length > 0 && value.every(one => text(one) === null)
    ? null
    : 'a list of at least one string';

const record =
  (key: RegExp, keyWords: string, check: Check): Check =>
  value => {
    if (!isObject(value)) return 'an object';
    for (const [name, entry] of Object.entries(value)) {
      if (!key.test(name)) return `keys to be ${keyWords}`;
      const wrong = check(entry);
      if (wrong !== null) return `${wrong} for each key`;
    }
    return null;
  };

const optional = (check: Check): Check & {optional: true} =>
  Object.assign((value: unknown) => check(value), {optional: true as const});

// setTimeout's longest delay: a longer one would fire at once.
const timeoutMs = optional(number(0, 2 ** 31 - 1));
const targets = texts;
const waiting = {targets, timeoutMs};

/** One check for each parameter; a missing parameter is a compile error. */
const shapes: {readonly [M in Method]: {readonly [K in keyof Params<M>]-?: Check & {optional?: true}}} = {
  ping: {},
  ps: {},
  status: {targets},
  lineage: {},
  findings: {},
  start: waiting,
  stop: waiting,
  restart: waiting,
  reload: waiting,
  pause: {targets},
  resume: {targets},
  wait: {targets: optional(targets), timeoutMs},
  add: {
    name: optional(text),
    argv: texts,
    restart: optional(text),
    cwd: text,
    env: optional(record(/^[^=\0]+$/, 'names of variables', text)),
  },
  remove: waiting,
  scale: {counts: record(/^[A-Za-z][A-Za-z0-9-]{0,62}$/, 'names of workers', integer(0, 100_000)), timeoutMs},
  apply: {timeoutMs},
  plan: {},
  signal: {signal: text, targets, tree: optional(flag)},
  nice: {nice: integer(-20, 19), targets},
  alarm: {target: text, seconds: number(0, 2 ** 31 - 1)},
  down: {now: optional(flag), timeoutMs},
  upgrade: {code: name},
  watch: {afterSeq: optional(integer(0, Number.MAX_SAFE_INTEGER))},
  unwatch: {},
  attach: {},
};

/** Whether a method of that name exists. Names from prototypes (`toString`) do not count. */
export const isMethod = (name: string): name is Method => Object.hasOwn(shapes, name);

/**
 * Checks `value` against the parameter checks of the method.
 *
 * @throws RpcError -32602 with a description of the problem.
 */
export function validateParams<M extends Method>(method: M, value: unknown): asserts value is Params<M> {
  const refuse = (words: string) => new RpcError(ErrorCode.invalidParams, `${method}: ${words}`);
  if (!isObject(value)) throw refuse('params must be an object with named parameters');
  const shape: Readonly<Record<string, Check & {optional?: true}>> = shapes[method];
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(shape, key)) {
      const known = Object.keys(shape);
      throw refuse(
        `unknown parameter ${JSON.stringify(key.slice(0, 100))}; ${known.length > 0 ? `expected ${known.join(', ')}` : 'expected none'}`,
      );
    }
  }
  for (const [key, check] of Object.entries(shape)) {
    if (!Object.hasOwn(value, key)) {
      if (check.optional) continue;
      throw refuse(`parameter ${key} is missing`);
    }
    const expected = check(value[key]);
    if (expected !== null) throw refuse(`parameter ${key}: expected ${expected}`);
  }
}
