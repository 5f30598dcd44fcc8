// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Store } from '../../../src/kube/store.ts';

interface Raw {
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly resourceVersion?: string };
  readonly value?: string;
}

function aStore(overrides: { project?(raw: Raw): string; onEvent?(): void } = {}): {
  store: Store<string, Raw>;
  events: string[];
  problems: unknown[];
} {
  const events: string[] = [];
  const problems: unknown[] = [];
  const store = new Store<string, Raw>({
    project: (raw) => raw.value ?? '',
    onEvent: (kind, key, now, before) => events.push(`${kind} ${key} ${before ?? '-'} -> ${now}`),
    onProblem: (error) => problems.push(error),
    ...overrides,
  });
  return { store, events, problems };
}

function raw(name: string, version: number, value = `${name}${version}`, namespace = 'a'): Raw {
  return { metadata: { name, namespace, resourceVersion: String(version) }, value };
}

it('announces what changes, once', () => {
  const { store, events } = aStore();
  expect(store.changed(raw('x', 1))).toBe('1');
  expect(store.changed(raw('x', 1, 'other'))).toBe('1');
  expect(store.changed(raw('x', 2))).toBe('2');
  expect(store.deleted(raw('x', 3))).toBe('3');
  expect(store.deleted(raw('x', 3))).toBe('3');
  expect(events).toEqual(['added a/x - -> x1', 'updated a/x x1 -> x2', 'deleted a/x x2 -> x3']);
  expect(store.size).toBe(0);
});

it('keys by namespace and name, or name', () => {
  const { store } = aStore();
  store.changed(raw('x', 1));
  store.changed(raw('x', 2, 'there', 'b'));
  store.changed({ metadata: { name: 'x', resourceVersion: '3' }, value: 'nowhere' });
  expect([...store.keys()]).toEqual(['a/x', 'b/x', 'x']);
  expect([...store.values()]).toEqual(['x1', 'there', 'nowhere']);
  expect(store.get('b/x')).toBe('there');
  expect(store.get('c/x')).toBeUndefined();
});

it('drops what a listing does not contain, and only that', () => {
  const { store, events } = aStore();
  for (const name of ['x', 'y', 'z']) store.changed(raw(name, 1));
  events.length = 0;
  store.beginListing();
  store.changed(raw('x', 1));
  store.changed(raw('z', 2));
  store.changed(raw('w', 3));
  store.endListing();
  expect(events).toEqual(['updated a/z z1 -> z2', 'added a/w - -> w3', 'deleted a/y y1 -> y1']);
  store.beginListing();
  store.beginListing();
  for (const name of ['x', 'z', 'w']) store.changed(raw(name, 4));
  store.endListing();
  expect(store.size).toBe(3);
});

it('keeps the last good state of what can not be projected', () => {
  const { store, events, problems } = aStore({
    project: ({ value = '' }) => {
      if (value === 'bad') throw new Error('bad');
      return value;
    },
  });
  store.changed(raw('x', 1));
  expect(store.changed(raw('x', 2, 'bad'))).toBe('2');
  expect(store.changed(raw('y', 3, 'bad'))).toBe('3');
  expect(store.get('a/x')).toBe('x1');
  expect(store.get('a/y')).toBeUndefined();
  store.beginListing();
  store.changed(raw('x', 4, 'bad'));
  store.endListing();
  expect(store.get('a/x')).toBe('x1');
  store.deleted(raw('x', 5, 'bad'));
  expect(events).toEqual(['added a/x - -> x1', 'deleted a/x x1 -> x1']);
  expect(problems).toHaveLength(4);
});

it('survives a handler that throws', () => {
  const { store, problems } = aStore({
    onEvent: () => {
      throw new Error('handler');
    },
  });
  store.changed(raw('x', 1));
  store.changed(raw('x', 2));
  store.beginListing();
  store.endListing();
  expect(store.size).toBe(0);
  expect(problems.map(String)).toEqual(['Error: handler', 'Error: handler', 'Error: handler']);
});

it.each([
  null,
  {},
  { metadata: null },
  { metadata: {} },
  { metadata: { name: 'x' } },
  { metadata: { resourceVersion: '1' } },
  { metadata: { name: {}, resourceVersion: '1' } },
  { metadata: { name: 'x', resourceVersion: 1 } },
  { metadata: { name: 'x', namespace: { toString: 1 }, resourceVersion: '1' } },
])('refuses %j', (object) => {
  const { store, events, problems } = aStore();
  expect(store.changed(object as Raw)).toBeUndefined();
  expect(store.deleted(object as Raw)).toBeUndefined();
  expect(events).toEqual([]);
  expect(store.size).toBe(0);
  expect(problems).toHaveLength(2);
});
