/** Messages of the process connector: recorded from a kernel (Linux 6.18), cut off, and with any bytes changed. */
import {expect, test} from 'vitest';
import {decodeMessage, listenMessage} from '../../src/posix/connector-messages.ts';
import {Prng} from '../simulation/prng.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const FORK = hex(
  '4c0000000300000061f9000000000000010000000100000061f90000000000002800000001000000010000003a8b6adba71f0000e17c0000e17c00003e2c00003e2c00000000000000000000',
);
const EXEC = hex(
  '4c0000000300000065f9000000000000010000000100000065f9000000000000280000000200000001000000464672dba71f0000402c0000402c000000000000000000000000000000000000',
);
const SETSID = hex(
  '4c00000003000000760101000000000001000000010000007601010000000000280000008000000000000000e6397cdba71f00003f2c00003f2c000000000000000000000000000000000000',
);
const EXIT = hex(
  '4c000000030000006af900000000000001000000010000006af9000000000000280000000000008001000000495d02e3a71f0000422c0000422c00000007000011000000df7c0000df7c0000',
);
const THREAD_EXIT = hex(
  '4c0000000300000066f9000000000000010000000100000066f9000000000000280000000000008001000000664b3cdea71f0000392c0000382c000000050000ffffffff0000000000000000',
);
const ANSWER = hex(
  '4c0000000300000044000000000000000100000001000000440000006400000028000000000000000100000' +
    '0d352c22ed91e0000000000000000000000000000000000000000000000000000',
);

test('messages of a kernel are decoded', () => {
  expect(decodeMessage(FORK)).toMatchObject({type: 'fork', parent: 31969, pid: 11326, tgid: 11326});
  expect(decodeMessage(EXEC)).toMatchObject({type: 'exec', pid: 11328, tgid: 11328});
  expect(decodeMessage(SETSID)).toMatchObject({type: 'setsid', pid: 11327, tgid: 11327});
  expect(decodeMessage(EXIT)).toMatchObject({type: 'exit', pid: 11330, tgid: 11330, status: 7 << 8, parent: 31967});
  expect(decodeMessage(THREAD_EXIT)).toMatchObject({type: 'exit', pid: 11321, tgid: 11320, status: 5 << 8});
  expect(decodeMessage(ANSWER)).toEqual({type: 'answer', request: 100, errno: 0});
});

test('the time is CLOCK_MONOTONIC in ms', () => {
  const fork = decodeMessage(FORK);
  const exit = decodeMessage(EXIT);
  if (fork?.type !== 'fork' || exit?.type !== 'exit') throw new Error('not read');
  expect(fork.time).toBeCloseTo(Number(FORK.readBigUInt64LE(44)) / 1e6, 3);
  expect(exit.time).toBeGreaterThan(fork.time);
});

test('a name ends at its first zero byte or the end of its field, and may contain any bytes', () => {
  const comm = (name: Buffer): Buffer => {
    const message = Buffer.from(EXEC);
    message.writeUInt32LE(0x200, 36);
    message.fill(0, 60, 76);
    name.copy(message, 60);
    return message;
  };
  const nameOf = (name: Buffer): string | null => {
    const event = decodeMessage(comm(name));
    return event?.type === 'comm' ? event.name : null;
  };
  expect(nameOf(Buffer.from('a b) (\n\x1b[2J'))).toBe('a b) (\n\x1b[2J');
  expect(nameOf(Buffer.from('sixteen-letters!'))).toBe('sixteen-letters!');
  expect(nameOf(Buffer.alloc(0))).toBe('');
  expect(nameOf(hex('ff'))).toBe('�');
});

test('an exit without the parent, as in kernels before 4.18, has parent 0', () => {
  const old = Buffer.from(EXIT.subarray(0, 68));
  old.writeUInt32LE(old.length, 0);
  old.writeUInt16LE(32, 32);
  expect(decodeMessage(old)).toMatchObject({type: 'exit', pid: 11330, status: 7 << 8, parent: 0});
});

test('a message cut off at any byte is no event', () => {
  for (const message of [FORK, EXEC, SETSID, EXIT, ANSWER]) {
    for (let length = 0; length < message.length; length++) {
      expect(decodeMessage(message.subarray(0, length))).toBeNull();
    }
  }
});

test('a message of another part of the connector is no event', () => {
  for (const place of [16, 20]) {
    const message = Buffer.from(FORK);
    message.writeUInt32LE(2, place);
    expect(decodeMessage(message)).toBeNull();
  }
  const unknown = Buffer.from(FORK);
  unknown.writeUInt32LE(0x40000000, 36); // a core dump
  expect(decodeMessage(unknown)).toBeNull();
});

test('any bytes result in an event or null, never in an exception', () => {
  const random = new Prng(5);
  for (let i = 0; i < 20_000; i++) {
    const message = Buffer.from(random.pick([FORK, EXEC, SETSID, EXIT, THREAD_EXIT, ANSWER]));
    for (let changes = random.int(6); changes >= 0; changes--) message[random.int(message.length)] = random.int(256);
    const event = decodeMessage(message.subarray(0, random.chance(0.3) ? random.int(message.length) : undefined));
    if (event === null) continue;
    expect(['fork', 'exec', 'setsid', 'comm', 'exit', 'answer']).toContain(event.type);
    for (const value of Object.values(event)) expect(value === undefined || Number.isNaN(value)).toBe(false);
  }
});

test('a request has its operation and its number, which the kernel increments in the answer', () => {
  const message = listenMessage('listen', 99);
  expect(message.readUInt32LE(0)).toBe(message.length);
  expect(message.readUInt32LE(28)).toBe(99);
  expect(message.readUInt32LE(36)).toBe(1);
  expect(listenMessage('ignore', 99).readUInt32LE(36)).toBe(2);
});
