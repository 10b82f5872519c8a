/** The checks of logs: numbered lines, and streams read from disk. */
import {mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {missingLines} from './checks/lines.ts';
import {Numbering} from './numbering.ts';
import {FollowedStream} from './stream.ts';

describe('numbered lines', () => {
  const A = '0123456789abcdef'.repeat(2);
  const B = 'fedcba9876543210'.repeat(2);
  const lines = (run: string, from: number, to: number): string =>
    Array.from({length: to - from + 1}, (_, i) => `${run} 7 ${from + i} xxxxxxxx\n`).join('');
  const complaintsAbout = (...chunks: string[]): string[] => {
    const numbering = new Numbering();
    for (const chunk of chunks) numbering.push(Buffer.from(chunk));
    numbering.end();
    return numbering.takeComplaints();
  };

  test('are accepted in order, in chunks of any size, run after run', () => {
    const whole = lines(A, 1, 20) + lines(B, 1, 3);
    expect(complaintsAbout(whole)).toEqual([]);
    expect(complaintsAbout(...whole.split(''))).toEqual([]);
  });

  test('are rejected if one is lost, repeated or out of order', () => {
    expect(complaintsAbout(lines(A, 1, 3) + lines(A, 5, 6))[0]).toMatch(/lines lost: 5 came after 3/);
    expect(complaintsAbout(lines(A, 1, 3) + lines(A, 3, 6))[0]).toMatch(/repeated or out of order: 3 came after 3/);
    expect(complaintsAbout(lines(A, 1, 2) + lines(A, 4, 4) + lines(A, 3, 3)).length).toBeGreaterThan(0);
    expect(complaintsAbout(lines(A, 2, 3))[0]).toMatch(/lines lost: 2 came after 0/);
  });

  test('are rejected if the lines of two runs are mixed', () => {
    expect(complaintsAbout(lines(A, 1, 2) + lines(B, 1, 1) + lines(A, 3, 3))[0]).toMatch(/goes on after another one/);
  });

  test('may be torn where a run was killed, and nowhere else', () => {
    const torn = lines(A, 3, 3).slice(0, 37);
    expect(complaintsAbout(lines(A, 1, 2) + torn + lines(B, 1, 2))).toEqual([]);
    expect(complaintsAbout(lines(A, 1, 2) + torn)).toEqual([]);
    expect(complaintsAbout(lines(A, 1, 2) + A.slice(0, 9) + lines(B, 1, 2))).toEqual([]);
    expect(complaintsAbout(lines(A, 1, 2) + torn + lines(A, 4, 5))).toHaveLength(2);
    expect(complaintsAbout(lines(A, 1, 2) + lines(A, 3, 3).slice(9) + lines(B, 1, 2))).toHaveLength(1);
    expect(complaintsAbout(lines(A, 1, 2) + lines(A, 3, 3).slice(9, 20))).toHaveLength(1);
  });

  test('are rejected if bytes are missing in the middle', () => {
    expect(complaintsAbout(lines(A, 1, 2) + lines(A, 3, 3).replace('xxx', '') + lines(A, 4, 4))).toHaveLength(1);
  });

  test('are rejected if a worker has written one that its log lacks', () => {
    const note = {id: 'steady1/1', run: A, number: 7};
    expect(missingLines([note], () => 7)).toEqual([]);
    expect(missingLines([note], () => 6)).toEqual([`steady1/1: run ${A} has written line 7, and its log ends at 6`]);
  });
});

describe('a stream on disk', () => {
  const A = 'a'.repeat(32);
  const line = (number: number): string => `${A} 7 ${number}\n`;
  const withStream = (body: (stream: FollowedStream, path: (name: string) => string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), 'chaos-stream-'));
    const stream = new FollowedStream(join(folder, 'web.1'), 'out');
    try {
      body(stream, name => join(folder, 'web.1', name));
    } finally {
      stream.close();
      rmSync(folder, {recursive: true});
    }
  };

  test('is followed through rotation and compression, at any time of polling', () => {
    withStream((stream, path) => {
      stream.poll();
      mkdirSync(path('.'));
      writeFileSync(path('out.log'), line(1));
      stream.poll();
      writeFileSync(path('out.log'), line(2), {flag: 'a'});
      renameSync(path('out.log'), path('out.00000001.log'));
      stream.poll();
      writeFileSync(path('out.00000002.log.gz'), gzipSync(line(3)));
      writeFileSync(path('out.00000003.log'), line(4));
      writeFileSync(path('out.log'), line(5));
      stream.poll();
      expect(stream.numbering.takeComplaints()).toEqual([]);
      expect(stream.numbering.lastOf(A)).toBe(5);
      renameSync(path('out.log'), path('out.00000004.log'));
      stream.poll();
      stream.poll(true);
      expect(stream.numbering.takeComplaints()).toEqual([]);
    });
  });

  test('throws if a file was removed before it was read', () => {
    withStream((stream, path) => {
      mkdirSync(path('.'));
      writeFileSync(path('out.00000002.log'), line(2));
      writeFileSync(path('out.log'), line(3));
      expect(() => stream.poll()).toThrow(/removed before it was read/);
    });
  });
});
