/** Messages of the process connector, which carry the events of processes. */
import {decodeMessage} from '../../../../src/posix/connector-messages.ts';
import {must, type Target} from '../target.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
/** A fork, an exit and an answer, as sent by Linux 6.18. */
const EVENTS = [
  '4c0000000300000061f9000000000000010000000100000061f90000000000002800000001000000010000003a8b6adba71f0000e17c0000e17c00003e2c00003e2c00000000000000000000',
  '4c000000030000006af900000000000001000000010000006af9000000000000280000000000008001000000495d02e3a71f0000422c0000422c00000007000011000000df7c0000df7c0000',
  '4c0000000300000044000000000000000100000001000000440000006400000028000000000000000100000d352c22ed91e0000000000000000000000000000000000000000000000000000',
].map(text => hex(text.length % 2 === 0 ? text : `${text}0`));

export const connector: Target = {
  name: 'src/posix/connector-messages.ts',
  samples: EVENTS,
  pieces: ['\x4c\0\0\0\x03\0\0\0', '\x01\0\0\0\x01\0\0\0', '\x28\0\0\0', '\0\x02\0\0', '\0\0\0\x80'],
  take(input) {
    const event = decodeMessage(input);
    must(event === null || event.type === 'answer' || Number.isInteger(event.pid), 'a pid is a number');
  },
};
