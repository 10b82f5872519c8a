import {expect, test} from 'vitest';
import {atMost, parseWords} from '../../src/cli/framework/arguments.ts';
import type {Command, Context} from '../../src/cli/framework/command.ts';

const command: Command = {
  name: 'sing',
  summary: 'sings',
  usage: 'sing',
  description: '',
  options: {
    json: {type: 'boolean', help: ''},
    lines: {type: 'string', short: 'n', value: 'N', help: ''},
  },
  examples: [],
  completes: 'none',
  execute: () => 0,
};
const parse = (...words: string[]) => parseWords(command, words);
const numbers = (...words: string[]) => parseWords({...command, negativeNumbers: true}, words);

test('options and positionals are accepted in any order', () => {
  expect(parse('a', '--json', '-n', '3', 'b')).toEqual({values: {json: true, lines: '3'}, positionals: ['a', 'b']});
  expect(parse('-n3', '--lines=4')).toEqual({values: {lines: '4'}, positionals: []});
  expect(parse('--', '--json', '-')).toEqual({values: {}, positionals: ['--json', '-']});
  expect(parse('--lines=-1')).toEqual({values: {lines: '-1'}, positionals: []});
  expect(parse('-h')).toEqual({values: {help: true}, positionals: []});
});

test('a negative number is an argument only where the command allows it', () => {
  expect(numbers('-12', 'web', '--json')).toEqual({values: {json: true}, positionals: ['-12', 'web']});
  expect(numbers('--', '-12')).toEqual({values: {}, positionals: ['-12']});
  expect(() => parse('-12')).toThrow('unknown option -1');
});

test.each([
  [['--jsn'], 'unknown option --jsn; did you mean --json?'],
  [['--zzz'], 'unknown option --zzz'],
  [['-x'], 'unknown option -x'],
  [['--toString'], 'unknown option --toString'],
  [['--json=1'], 'option --json takes no value'],
  [['--lines'], 'option --lines requires a value'],
  [['--lines', '--json'], 'option --lines requires a value'],
  [['-n'], 'option -n requires a value'],
])('%j: %s', (words, message) => {
  expect(() => parse(...words)).toThrow(message);
});

test('arguments beyond those that a command takes are rejected', () => {
  const context = {positionals: ['a', 'b', 'c']} as unknown as Context;
  expect(() => atMost(context, 2)).toThrow('unexpected argument "c"');
  expect(() => atMost(context, 3)).not.toThrow();
});
