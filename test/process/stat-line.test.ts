/** Bytes of /proc/PID/stat, including some that no kernel writes. */
import fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseStat} from '../../src/process/stat.ts';
import {StatField, StatLine} from '../../src/process/stat-line.ts';
import {statLine} from './fake-proc.ts';

const line = new StatLine();
const parse = (bytes: Uint8Array): boolean => line.parse(bytes, bytes.length);
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Returns all values from a line of that length; the rest of an earlier one may follow it. */
const read = (bytes: Buffer, length = bytes.length) =>
  line.parse(bytes, length)
    ? {name: bytes.toString('latin1', line.nameStart, line.nameEnd), fields: [...line.fields.subarray(0, 42)]}
    : null;

const names = fc
  .uint8Array({maxLength: 63})
  .map(bytes => Buffer.from(bytes.filter(byte => byte !== 0)).toString('latin1'));
const processes = fc.record({
  pid: fc.integer({min: 1, max: 2 ** 22}),
  ppid: fc.integer({min: 0, max: 2 ** 22}),
  name: fc.oneof(names, fc.constantFrom('', ' ', ')', '(', ') S 1 1 (', 'a b) R (c', '\n', '\x1b[2J')),
  state: fc.constantFrom('R', 'S', 'D', 'T', 't', 'I', 'Z', 'X'),
  start: fc.nat(),
  ticks: fc.nat(),
  nice: fc.integer({min: -20, max: 19}),
});

test('every field is read correctly, with any name', () => {
  fc.assert(
    fc.property(processes, process => {
      const text = statLine(process);
      const seen = read(bytesOf(text));
      expect(seen?.name).toBe(process.name);
      const stat = parseStat(text);
      expect(seen?.fields[StatField.pid]).toBe(process.pid);
      expect(seen?.fields[StatField.ppid]).toBe(process.ppid);
      expect(seen?.fields[StatField.state]).toBe(process.state.charCodeAt(0));
      expect(seen?.fields[StatField.nice]).toBe(process.nice);
      expect(seen?.fields[StatField.userTicks]).toBe(process.ticks);
      expect(seen?.fields[StatField.startTicks]).toBe(Number(stat?.startTime));
      expect(seen?.fields[StatField.policy]).toBe(0);
    }),
  );
});

test('a line cut at any byte gives the same values, or none', () => {
  fc.assert(
    fc.property(processes, fc.nat(330), (process, length) => {
      const whole = bytesOf(statLine(process));
      const cut = read(whole, Math.min(length, whole.length));
      if (cut !== null) expect(cut).toEqual(read(whole));
    }),
  );
});

test('the exit status of a zombie is read only from a complete line', () => {
  const zombie = statLine({pid: 7, state: 'Z'}).replace(/0\n$/, '2304\n');
  expect(parse(bytesOf(zombie))).toBe(true);
  expect(line.fields[StatField.exitStatus]).toBe(2304);
  for (let cut = 1; cut <= 4; cut++) {
    // The rest of an earlier line may follow it.
    expect(line.parse(bytesOf(zombie.slice(0, -cut) + '\n'), zombie.length - cut)).toBe(true);
    expect(line.fields[StatField.exitStatus]).toBe(NaN);
  }
});

test('any bytes are parsed without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 600}), bytes => {
      expect([true, false]).toContain(parse(bytes));
    }),
  );
});

test('one changed byte causes no exception, and the values are those after the name', () => {
  fc.assert(
    fc.property(processes, fc.nat(400), fc.nat(255), (process, at, byte) => {
      const bytes = bytesOf(statLine(process));
      bytes[at % bytes.length] = byte;
      const seen = read(bytes);
      if (seen === null) return;
      const stat = parseStat(bytes.toString('latin1'));
      expect(seen.name).toBe(stat?.comm);
      expect(seen.fields[StatField.ppid]).toBe(stat?.ppid);
    }),
  );
});
