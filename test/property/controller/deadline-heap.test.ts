// SPDX-License-Identifier: Apache-2.0
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { DeadlineHeap } from '../../../src/controller/deadline-heap.ts';

const key = fc.integer({ min: 0, max: 30 }).map(String);
const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), key, at: fc.integer({ min: 0, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
);

it('agrees with a sorted list after any sequence of operations', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
      const heap = new DeadlineHeap<number>();
      let list: { key: string; at: number; value: number }[] = [];
      for (const [step, it] of operations.entries()) {
        switch (it.kind) {
          case 'set':
            heap.set(it.key, it.at, step);
            list = [...list.filter((entry) => entry.key !== it.key), { key: it.key, at: it.at, value: step }];
            break;
          case 'delete':
            expect(heap.delete(it.key)).toBe(list.some((entry) => entry.key === it.key));
            list = list.filter((entry) => entry.key !== it.key);
            break;
          case 'pop': {
            // Array sorting is stable, so equal times stay in the order of their last set.
            const [first, ...rest] = list.toSorted((a, b) => a.at - b.at);
            expect(heap.pop()).toEqual(first === undefined ? undefined : expect.objectContaining(first));
            list = list.filter((entry) => rest.includes(entry));
            break;
          }
          default:
            it satisfies never;
        }
        expect(heap.size).toBe(list.length);
        for (const entry of list) {
          expect(heap.at(entry.key)).toBe(entry.at);
        }
      }
    }),
  );
});
