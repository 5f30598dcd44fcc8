// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { OwnerReference } from '../../../src/api/object-meta.ts';
import { bundleMeta, foreignHolder, isOwnedBy, ownerReferenceTo } from '../../../src/bundle/objects.ts';
import type { KubeObject } from '../../../src/kube/resources.ts';

const OWNER = { name: 'default', uid: 'td-1' };
const other: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c' };

function aConfigMap(more: Partial<KubeObject['metadata']> = {}): KubeObject {
  return {
    metadata: {
      namespace: 'shop',
      name: 'bundle',
      uid: 'cm-1',
      resourceVersion: '7',
      creationTimestamp: '2026-06-01T00:00:00Z',
      labels: { 'signet.dev/managed': 'bundle', 'signet.dev/trust-domain': 'default' },
      annotations: { 'signet.dev/trust-domain-name': 'example.org' },
      ownerReferences: [ownerReferenceTo(OWNER)],
      ...more,
    },
  };
}

describe('what is kept of a ConfigMap with our labels, which anybody who makes ConfigMaps may put there', () => {
  const crowd = Array.from({ length: 500 }, (_, i) => ({ ...other, uid: `uid-${i}` }));
  it.each<[string, Partial<KubeObject['metadata']>]>([
    ['many owners', { ownerReferences: [ownerReferenceTo(OWNER), ...crowd] }],
    ['many owners and none of ours', { ownerReferences: crowd }],
    ['an owner with a huge name', { ownerReferences: [{ ...other, name: 'x'.repeat(100_000), controller: true }] }],
    ['a huge annotation under our own key', { annotations: { 'signet.dev/trust-domain-name': 'x'.repeat(200_000) } }],
    ['other annotations and labels', { annotations: { note: 'x'.repeat(200_000) }, labels: { note: 'x' } }],
    ['many finalizers', { finalizers: Array.from({ length: 500 }, (_, i) => `example.org/${i}`) }],
  ])('is little also with %s', (_, bloat) => {
    const usual = JSON.stringify(bundleMeta(aConfigMap())).length;
    expect(JSON.stringify(bundleMeta(aConfigMap(bloat))).length).toBeLessThan(usual + 100);
  });

  it('is all that a decision reads where that is little', () => {
    const owners = [ownerReferenceTo(OWNER), other];
    expect(bundleMeta(aConfigMap({ ownerReferences: owners }))).toEqual({
      namespace: 'shop',
      name: 'bundle',
      uid: 'cm-1',
      resourceVersion: '7',
      managed: true,
      trustDomain: 'default',
      trustDomainName: 'example.org',
      owners,
      deleting: false,
    });
  });

  it('leaves ours ours, and makes nobody forget owners: what we do not control is somebody else’s then', () => {
    const ours = bundleMeta(aConfigMap({ ownerReferences: [...crowd, ownerReferenceTo(OWNER)] }));
    expect([isOwnedBy(ours, OWNER), foreignHolder(ours, OWNER, undefined)]).toEqual([true, undefined]);
    for (const written of [undefined, 'cm-1']) {
      expect(foreignHolder(bundleMeta(aConfigMap({ ownerReferences: [] })), OWNER, written)).toBeUndefined();
      expect(foreignHolder(bundleMeta(aConfigMap({ ownerReferences: crowd })), OWNER, written)).toBe('somebody else');
    }
    const former = [...crowd, ownerReferenceTo({ ...OWNER, uid: 'td-0' })];
    expect(foreignHolder(bundleMeta(aConfigMap({ ownerReferences: former })), OWNER, undefined)).toBe(
      'TrustDomain default',
    );
  });
});
