import {describe, expect, test} from 'vitest';
import {joined, lasting, parseNotice} from '../../src/keeper/notify/parse.ts';

const parse = (text: string): unknown => parseNotice(Buffer.from(text)).notice;

describe('a message of sd_notify(3)', () => {
  test('is parsed line by line, and unknown lines are ignored', () => {
    expect(parse('READY=1\nSTATUS=a=b\nX_OWN=1\nFDSTORE=1')).toEqual({ready: true, phase: null, status: 'a=b'});
    expect(parse('STOPPING=1')).toEqual({phase: 'stopping'});
    expect(parse('RELOADING=1\nMONOTONIC_USEC=5')).toEqual({phase: 'reloading'});
    expect(parse('WATCHDOG_USEC=1500\nEXTEND_TIMEOUT_USEC=2000000')).toEqual({watchdogMs: 1.5, extendMs: 2000});
    expect(parse('ERRNO=2\nEXIT_STATUS=7\nWATCHDOG=trigger')).toEqual({errno: 2, exitStatus: 7, watchdog: 'trigger'});
    expect(parseNotice(Buffer.from('MAINPID=12'))).toEqual({notice: null, mainPid: 12, unsupported: []});
  });

  test('that is garbage results in nothing', () => {
    for (const text of [
      '',
      '\n\n',
      '=',
      'READY',
      'READY=yes',
      'READY =1',
      'ERRNO=-1',
      'WATCHDOG_USEC=1e9',
      'MAINPID=x',
    ])
      expect(parseNotice(Buffer.from(text))).toEqual({notice: null, mainPid: null, unsupported: []});
    expect(parseNotice(Buffer.from([0xff, 0x00, 0x3d, 0x0a, 0xfe]))).toEqual({
      notice: null,
      mainPid: null,
      unsupported: [],
    });
  });

  test('lists unsupported variables, in capitals and of a bounded length; private ones (X_) are ignored', () => {
    const text = `FDSTORE=1\nFDNAME=a\nX_OWN=1\nMONOTONIC_USEC=1\nlower=1\n=\nA\x1b[31m=1\n${'A'.repeat(41)}=1\nBARRIER=1`;
    expect(parseNotice(Buffer.from(text)).unsupported).toEqual(['FDSTORE', 'FDNAME']);
  });

  test("can't request a time that overflows", () => {
    const year = 365 * 24 * 3600 * 1000;
    expect(parse(`EXTEND_TIMEOUT_USEC=${'9'.repeat(20)}\nERRNO=${'9'.repeat(20)}`)).toEqual({extendMs: year});
  });

  test('has a status of at most 1 KiB, in whole characters', () => {
    expect(parse(`STATUS=${'a'.repeat(1023)}ä`)).toEqual({status: 'a'.repeat(1023)});
    expect(parse('STATUS=a\tb\x1b')).toEqual({status: 'a b '});
  });
});

test('in a sequence the later value counts, and readiness is not withdrawn', () => {
  const all = [
    {ready: true as const, phase: null},
    {watchdog: 'trigger' as const},
    {phase: 'stopping' as const},
    {phase: null, watchdog: 'fed' as const},
  ];
  const one = all.reduce(joined, {});
  expect(one).toEqual({ready: true, phase: 'stopping', watchdog: 'trigger'});
  expect(lasting(one)).toEqual({ready: true, phase: 'stopping'});
});
