// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { SecretMeta } from '../../../../src/identity/observed.ts';
import { ownership } from '../../../../src/identity/ownership.ts';
import { IdentityMemory } from '../../../../src/reconcilers/service-identity/memory.ts';
import { keepable, secretMeta } from '../../../../src/reconcilers/service-identity/secret-meta.ts';
import { anIssued } from '../../../support/builders.ts';

const issued = anIssued();
const { meta } = issued.secret;
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c' };

function entries(count: number, length: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`example.org/${i}`, 'x'.repeat(length)]));
}

const BLOATS: readonly (readonly [what: string, meta: Partial<SecretMeta>])[] = [
  ['one huge annotation', { annotations: { ...meta.annotations, ...entries(1, 200_000) } }],
  ['many annotations', { annotations: { ...meta.annotations, ...entries(500, 10) } }],
  ['many labels', { labels: { ...meta.labels, ...entries(1000, 60) } }],
  [
    'a huge annotation under our own key',
    { annotations: { ...meta.annotations, 'signet.dev/svid-digest': 'x'.repeat(100_000) } },
  ],
  [
    'many annotations that look like ours',
    {
      annotations: {
        ...meta.annotations,
        ...Object.fromEntries(Object.keys(entries(500, 1)).map((_, i) => [`signet.dev/${i}`, 'x'])),
      },
    },
  ],
  ['many owners', { ownerReferences: [...meta.ownerReferences, ...Array.from({ length: 500 }, () => owner)] }],
  ['an owner with a huge name', { ownerReferences: [{ ...owner, name: 'x'.repeat(100_000), controller: true }] }],
  [
    'a huge owner besides ours',
    { ownerReferences: [...meta.ownerReferences, { ...owner, name: 'x'.repeat(100_000) }] },
  ],
  ['many finalizers', { finalizers: Array.from({ length: 500 }, (_, i) => `example.org/${i}`) }],
];

describe('metadata that may stay in memory', () => {
  it('is all of it where that is little', () => {
    const usual = {
      ...meta,
      annotations: { ...meta.annotations, note: 'x'.repeat(1500) },
      finalizers: ['example.org/a'],
    };
    expect(keepable(meta)).toBe(meta);
    expect(keepable(usual)).toBe(usual);
  });

  it.each(BLOATS)('is little also with %s, and says that it is not all', (_, bloat) => {
    const kept = keepable({ ...meta, ...bloat });
    expect(kept.partial).toBe(true);
    expect(JSON.stringify(kept).length).toBeLessThan(JSON.stringify(meta).length + 200);
    const { namespace, name, uid, resourceVersion } = meta;
    expect(kept).toMatchObject({ namespace, name, uid, resourceVersion, deleting: false });
  });

  it.each(BLOATS.filter(([, { ownerReferences }]) => ownerReferences?.[0]?.kind !== 'ConfigMap'))(
    'decides on the owner as before with %s',
    (_, bloat) => {
      const { status: _status, ...identity } = issued.identity;
      expect(ownership(identity, keepable({ ...meta, ...bloat }))).toEqual(ownership(identity, { ...meta, ...bloat }));
    },
  );

  it('still shows that there is another owner whose name is too long to keep', () => {
    const { status: _, ...identity } = issued.identity;
    const huge = { ...owner, name: 'x'.repeat(100_000), controller: true };
    const kept = keepable({ ...meta, ownerReferences: [huge] });
    expect(ownership(identity, kept).kind).toBe('foreign');
    expect(kept.ownerReferences[0]?.controller).toBe(true);
  });

  it('keeps what decisions always read', () => {
    const kept = keepable({ ...meta, annotations: { ...meta.annotations, big: 'x'.repeat(5000) } });
    expect(kept.labels).toEqual(meta.labels);
    expect(kept.annotations).toEqual(meta.annotations);
    expect(kept.ownerReferences).toEqual(meta.ownerReferences);
  });

  it('is all that is remembered of our own writes and of live reads', () => {
    const memory = new IdentityMemory();
    memory.sawSecret('shop/checkout', { ...meta, annotations: { ...meta.annotations, big: 'x'.repeat(5000) } });
    expect(memory.secret('shop/checkout', meta.name, undefined)?.annotations).toEqual(meta.annotations);
  });
});

it('is read whole from the API server', () => {
  const { deleting: _, ...metadata } = { ...meta, creationTimestamp: '2026-06-01T00:00:00Z', finalizers: ['f'] };
  expect(secretMeta({ metadata })).toEqual({ ...meta, finalizers: ['f'] });
  const bare = {
    name: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    deletionTimestamp: '2026-06-01T00:00:00Z',
  };
  expect(secretMeta({ metadata: bare })).toEqual({
    namespace: '',
    name: 'a',
    uid: 'u',
    resourceVersion: '1',
    labels: {},
    annotations: {},
    ownerReferences: [],
    deleting: true,
  });
});
