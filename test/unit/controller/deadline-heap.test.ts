// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { DeadlineHeap } from '../../../src/controller/deadline-heap.ts';

function drain(heap: DeadlineHeap<string>): string[] {
  const keys: string[] = [];
  for (let entry = heap.pop(); entry !== undefined; entry = heap.pop()) {
    keys.push(entry.key);
  }
  return keys;
}

it('hands out the earliest first, and equal times in the order they came', () => {
  const heap = new DeadlineHeap<string>();
  for (const [key, at] of [
    ['c', 3],
    ['a1', 1],
    ['b', 2],
    ['a2', 1],
    ['a3', 1],
  ] as const) {
    heap.set(key, at, key);
  }
  expect(drain(heap)).toEqual(['a1', 'a2', 'a3', 'b', 'c']);
});

it('moves a key that is set again and keeps the newest value', () => {
  const heap = new DeadlineHeap<string>();
  heap.set('a', 5, 'old');
  heap.set('b', 3, 'b');
  heap.set('a', 1, 'new');
  expect(heap.size).toBe(2);
  expect(heap.at('a')).toBe(1);
  expect(heap.value('a')).toBe('new');
  expect(drain(heap)).toEqual(['a', 'b']);
});

it('takes a key out of the middle', () => {
  const heap = new DeadlineHeap<string>();
  for (const at of [9, 4, 7, 1, 8, 2, 6, 3, 5]) {
    heap.set(`k${at}`, at, '');
  }
  expect(heap.delete('k4')).toBe(true);
  expect(heap.delete('k4')).toBe(false);
  expect(drain(heap)).toEqual(['k1', 'k2', 'k3', 'k5', 'k6', 'k7', 'k8', 'k9']);
});
