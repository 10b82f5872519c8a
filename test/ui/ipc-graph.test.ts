/** The graph of channels with thousands of processes at one. */
import {expect, test} from 'vitest';
import type {Join} from '../../src/text/channels/joins.ts';
import type {Node} from '../../src/text/channels/nodes.ts';
import {glyphsOf} from '../../ui/screen/glyphs.ts';
import {graphRows} from '../../ui/views/ipc-graph.ts';
import {sizesGrowLinearly} from '../text/growth.ts';

const UNICODE = glyphsOf({LANG: 'en_US.UTF-8'});

const nodes = (size: number, letter: string): Node[] =>
  Array.from({length: size}, (_, i) => ({key: `${letter} ${i}`, label: `${letter}${i}`, group: letter}));

const joinOf = (from: Node[], to: Node[]): Join => ({kind: 'pipe', from, to, oneWay: true, channels: []});

const toOf = (join: Join, label: string): string | undefined => {
  const rows = graphRows([join], UNICODE);
  return rows[rows.findIndex(({node}) => node?.label === label) + 1]?.to;
};

test('each process is listed with the others, of many only the first; the time grows linearly with their number', () => {
  const [writers, [reader]] = [nodes(3, 'w'), nodes(1, 'r')];
  const small = joinOf(writers, [reader!]);
  expect(toOf(small, 'w1')).toBe('→ r0 (with w0, w2)');
  expect(toOf(small, 'r0')).toBe('← w0, w1, w2');
  expect(toOf(joinOf(writers, writers), 'w2')).toBe('↔ w0, w1');
  expect(toOf(joinOf(writers, []), 'w0')).toBe('shared with w1, w2');
  expect(toOf(joinOf([reader!], []), 'r0')).toMatch(/ no other process$/);
  const large = joinOf(nodes(1000, 'w'), nodes(1000, 'r'));
  expect(toOf(large, 'w999')).toMatch(/^→ r0, .*, r19, \+980 \(with w0, .*, w19, \+979\)$/);
  expect(toOf(large, 'w5')).toMatch(/ \(with w0, .*, w4, w6, .*, w20, \+979\)$/);
  sizesGrowLinearly('rows', 1000, size => {
    const join = joinOf(nodes(size, 'w'), nodes(size, 'r'));
    return () => graphRows([join], UNICODE);
  });
});
