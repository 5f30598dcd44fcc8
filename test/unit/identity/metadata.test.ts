// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { OwnerReference } from '../../../src/api/object-meta.ts';
import { desiredFiles, keptMetadata, metadataPatch } from '../../../src/identity/metadata.ts';
import type { Observed, SecretMeta } from '../../../src/identity/observed.ts';
import { ownerReferenceTo } from '../../../src/identity/ownership.ts';
import {
  ANCHORS,
  anAuthorityView,
  anIssued,
  aTrustDomainView,
  desiredOf,
  respecified,
  touched,
} from '../../support/builders.ts';

const issued = anIssued();
const ours = ownerReferenceTo(issued.identity);
const bystander: OwnerReference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'c' };

function patch(observed: Observed) {
  const { secret } = observed;
  if (secret === undefined) throw new Error('there is no Secret');
  return metadataPatch(observed.identity, secret, desiredOf(observed));
}

function edited(meta: Partial<SecretMeta>): Observed {
  return touched(issued, { meta });
}

const labels = issued.secret.meta.labels;
const annotations = issued.secret.meta.annotations;

describe('metadataPatch', () => {
  it('is none for a Secret as it should be', () => {
    expect(patch(issued)).toBeUndefined();
    expect(patch(touched(issued))).toBeUndefined();
  });

  it.each<[string, Partial<SecretMeta>, object]>([
    ['a label of ours that was taken away', { labels: {} }, { labels }],
    [
      'a label of ours that was changed',
      { labels: { ...labels, 'signet.dev/service-identity': 'x' } },
      { labels: { 'signet.dev/service-identity': 'checkout' } },
    ],
    [
      'an annotation of ours that was changed',
      { annotations: { ...annotations, 'signet.dev/svid-digest': 'x' } },
      { annotations: { 'signet.dev/svid-digest': desiredOf(issued).svidDigest } },
    ],
    [
      'a mark for retention that nobody asked for',
      { labels: { ...labels, 'signet.dev/retain': 'true' } },
      { labels: { 'signet.dev/retain': null } },
    ],
    ['an owner reference that was taken away', { ownerReferences: [] }, { ownerReferences: [ours] }],
    [
      'an owner reference to another uid',
      { ownerReferences: [{ ...ours, uid: 'former' }] },
      { ownerReferences: [ours] },
    ],
    [
      'an owner reference of another kind',
      { ownerReferences: [{ ...ours, kind: 'Deployment' }] },
      { ownerReferences: [ours] },
    ],
    [
      'an owner reference of another group',
      { ownerReferences: [{ ...ours, apiVersion: 'apps/v1' }] },
      { ownerReferences: [ours] },
    ],
    [
      'an owner reference that no longer controls',
      { ownerReferences: [{ ...ours, controller: false }] },
      { ownerReferences: [ours] },
    ],
    [
      'an owner reference to another name',
      { ownerReferences: [{ ...ours, name: 'other' }] },
      { ownerReferences: [ours] },
    ],
    ['nothing of other owners', { ownerReferences: [bystander] }, { ownerReferences: [bystander, ours] }],
  ])('heals %s', (_, meta, expected) => {
    const healing = patch(edited(meta));
    expect(healing).toMatchObject({ ...expected, heals: true });
    expect(healing?.files).toEqual({});
  });

  it('leaves alone what others put there', () => {
    const meta = {
      labels: { ...labels, 'app.kubernetes.io/part-of': 'shop' },
      annotations: { ...annotations, 'example.org/note': 'mine' },
      ownerReferences: [ours, bystander],
    };
    expect(patch(edited(meta))).toBeUndefined();
  });

  it('follows labels and annotations of the spec, and takes away what came from an earlier one', () => {
    const secret = { labels: { 'example.org/a': '1', 'example.org/b': '2' }, annotations: { 'example.org/c': '3' } };
    const before = anIssued({ identity: { spec: { secret } } });
    const after = respecified(before, { secret: { labels: { 'example.org/a': 'new' } } });
    expect(patch(after)).toEqual({
      labels: { 'example.org/a': 'new', 'example.org/b': null },
      annotations: { 'example.org/c': null, 'signet.dev/metadata-keys': 'label:example.org/a' },
      files: {},
      heals: false,
    });
    expect(patch(respecified(before, { secret: {} }))?.annotations).toMatchObject({ 'signet.dev/metadata-keys': null });
  });

  it('never takes away a label it needs, whatever the list of keys says', () => {
    const lying = {
      ...annotations,
      'signet.dev/metadata-keys': 'label:signet.dev/managed,label:signet.dev/service-identity',
    };
    expect(patch(edited({ annotations: lying }))).toMatchObject({
      labels: {},
      annotations: { 'signet.dev/metadata-keys': null },
    });
  });

  it('changes deletionPolicy in both directions', () => {
    expect(patch(respecified(issued, { secret: { deletionPolicy: 'Retain' } }))).toMatchObject({
      labels: { 'signet.dev/retain': 'true' },
      ownerReferences: [],
    });
    const retained = anIssued({ identity: { spec: { secret: { deletionPolicy: 'Retain' } } } });
    expect(patch(retained)).toBeUndefined();
    expect(patch(respecified(retained, { secret: { deletionPolicy: 'Delete' } }))).toMatchObject({
      labels: { 'signet.dev/retain': null },
      ownerReferences: [ours],
    });
  });
});

describe('files beside the SVID', () => {
  it('are patched, and do not re-issue, when peers or anchors change', () => {
    const peers = patch(respecified(issued, { mtls: { allowedClients: [] } }));
    expect(peers).toMatchObject({
      files: { 'ca.crt': ANCHORS, 'allowed-clients': '', 'allowed-servers': null },
      heals: false,
    });
    const authority = anAuthorityView({ anchorsPEM: 'old and new\n' });
    const anchors = patch({ ...issued, trustDomain: aTrustDomainView({ authority }) });
    expect(anchors?.files).toMatchObject({ 'ca.crt': 'old and new\n' });
    expect(Object.keys(anchors?.annotations ?? {})).toEqual(['signet.dev/files-digest']);
  });

  it('are judged by their bytes once somebody else wrote the Secret, not by the annotation', () => {
    expect(patch(touched(issued, { content: { filesDigest: 'of something else' } }))?.files).toMatchObject({
      'ca.crt': ANCHORS,
    });
    const annotations = { ...issued.secret.meta.annotations, 'signet.dev/files-digest': 'x' };
    expect(patch(edited({ annotations }))).toMatchObject({
      files: {},
      annotations: { 'signet.dev/files-digest': desiredOf(issued).filesDigest },
    });
  });

  it('are left alone, and so is their digest, while the anchors are not known', () => {
    const unknown = {
      ...respecified(issued, { mtls: { allowedClients: [] } }),
      trustDomain: aTrustDomainView({ authority: undefined }),
    };
    expect(patch(unknown)).toBeUndefined();
    expect(desiredFiles(desiredOf(unknown))).not.toHaveProperty('ca.crt');
  });
});

describe('keptMetadata', () => {
  it('is ours and what others put there, without what came from an earlier spec or is stale of ours', () => {
    const before = anIssued({
      identity: { spec: { secret: { labels: { 'example.org/a': '1' }, deletionPolicy: 'Retain' } } },
    });
    const meta = {
      ...before.secret.meta,
      labels: { ...before.secret.meta.labels, foreign: 'label' },
      annotations: { ...before.secret.meta.annotations, 'foreign.org/note': 'n', 'signet.dev/unknown': 'x' },
    };
    const kept = keptMetadata(meta, desiredOf(issued));
    expect(kept.labels).toEqual({ ...labels, foreign: 'label' });
    expect(kept.annotations).toEqual({ ...annotations, 'foreign.org/note': 'n' });
  });

  it('is ours alone for a new Secret', () => {
    expect(keptMetadata(undefined, desiredOf(issued))).toEqual({ labels, annotations });
  });
});
