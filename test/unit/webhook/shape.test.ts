// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { type Shape, shapeErrors } from '../../../src/webhook/shape.ts';

const SHAPE: Shape = {
  required: ['name'],
  fields: {
    name: 'string',
    names: { list: 'string' },
    labels: { map: 'string' },
    items: { list: { fields: {}, required: ['a'] } },
  },
};

describe('the shape of a value', () => {
  it('is told with every place that is of another', () => {
    const value = { names: ['a', 1], labels: { b: 2 }, items: [{ a: 1 }, null], other: 3 };
    expect(shapeErrors('spec', value, SHAPE).map(({ path, message }) => `${path} ${message}`)).toEqual([
      'spec.name is missing',
      'spec.names[1] must be a string',
      'spec.labels[b] must be a string',
      'spec.items[1] must be an object',
    ]);
    expect(shapeErrors('spec', { name: 'a' }, SHAPE)).toEqual([]);
  });

  it.each<[string, object]>([
    ['texts', { names: Array(100_000).fill(1) }],
    ['labels', { labels: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`l${i}`, 1])) }],
    ['objects', { items: Array.from({ length: 100_000 }, () => ({})) }],
  ])('is not told with more places than anybody reads: many %s', (_, value) => {
    expect(shapeErrors('spec', { name: 'a', ...value }, SHAPE)).toHaveLength(64);
  });
});
