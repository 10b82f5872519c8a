import fc from 'fast-check';
import {describe, expect, test} from 'vitest';
import {DeadlineQueue, type Timed} from '../../src/supervisor/fleet/deadlines.ts';

describe('the queue of deadlines', () => {
  test('returns the earliest one, after any sequence of insertions, changes and removals', () => {
    const moves = fc.array(fc.tuple(fc.nat({max: 9}), fc.option(fc.nat({max: 100}))), {maxLength: 200});
    fc.assert(
      fc.property(moves, steps => {
        const queue = new DeadlineQueue<Timed>();
        const entries = Array.from({length: 10}, (): Timed => ({due: null, place: -1}));
        for (const [index, due] of steps) {
          queue.set(entries[index]!, due);
          const dues = entries.flatMap(entry => entry.due ?? []);
          expect(queue.first()?.due ?? null).toBe(dues.length === 0 ? null : Math.min(...dues));
        }
      }),
    );
  });
});
