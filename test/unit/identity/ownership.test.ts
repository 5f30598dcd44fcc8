// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { OwnerReference } from '../../../src/api/object-meta.ts';
import type { ServiceIdentity } from '../../../src/api/service-identity.ts';
import type { SecretMeta } from '../../../src/identity/observed.ts';
import { ownerReferenceTo, ownership, precedingRival } from '../../../src/identity/ownership.ts';
import { anIssued, aSecretMeta, aServiceIdentity } from '../../support/builders.ts';

const fresh = aServiceIdentity();
const issued = anIssued();
const recorded = issued.identity;
const ours = issued.secret.meta;

const former: OwnerReference = { ...ownerReferenceTo(fresh), uid: 'uid-of-a-former-checkout' };
const rival: OwnerReference = { ...ownerReferenceTo(fresh), name: 'other', uid: 'uid-other' };
const deployment: OwnerReference = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  name: 'web',
  uid: 'u',
  controller: true,
};
const retained = { ...ours.labels, 'signet.dev/retain': 'true' };

function secret(changes: Partial<SecretMeta>): SecretMeta {
  return { ...ours, ...changes };
}

type Row = readonly [what: string, identity: ServiceIdentity, secret: SecretMeta, kind: string];

describe('ownership', () => {
  it.each<Row>([
    ['its controlling owner is this object', fresh, ours, 'ours'],
    ['status recorded it and its owner was taken away', recorded, secret({ ownerReferences: [] }), 'ours'],
    [
      'status recorded it and its owner now has a uid that no identity of this name has',
      recorded,
      secret({ ownerReferences: [former] }),
      'ours',
    ],
    ['it is retained and recorded', recorded, secret({ ownerReferences: [], labels: retained }), 'ours'],
    [
      'it was restored with the owner of a former object of this name',
      fresh,
      secret({ ownerReferences: [former] }),
      'adoptable',
    ],
    [
      'it was kept from a former object of this name',
      fresh,
      secret({ ownerReferences: [], labels: retained }),
      'adoptable',
    ],
    [
      'it was kept, and another Secret of this name is recorded',
      recorded,
      secret({ uid: 'new', ownerReferences: [], labels: retained }),
      'adoptable',
    ],
    ['it has no owner, no record and no mark', fresh, secret({ ownerReferences: [] }), 'foreign'],
    ['a user made it', fresh, secret({ ownerReferences: [], labels: {}, annotations: {} }), 'foreign'],
    [
      'a user made it after ours was deleted',
      recorded,
      secret({ uid: 'new', ownerReferences: [], labels: {} }),
      'foreign',
    ],
    ['a rival owns it', fresh, secret({ ownerReferences: [rival] }), 'foreign'],
    ['a rival owns it although status recorded it', recorded, secret({ ownerReferences: [rival] }), 'foreign'],
    ['another controller owns it', fresh, secret({ ownerReferences: [deployment] }), 'foreign'],
    [
      'another controller took it although status recorded it',
      recorded,
      secret({ ownerReferences: [deployment] }),
      'foreign',
    ],
    [
      'it was kept for another identity',
      fresh,
      secret({ ownerReferences: [], labels: { ...retained, 'signet.dev/service-identity': 'other' } }),
      'foreign',
    ],
    [
      'a kind of the same name in another group owns it',
      fresh,
      secret({ ownerReferences: [{ ...former, apiVersion: 'signet.example/v1' }] }),
      'foreign',
    ],
    [
      'a former object owns it but Signet did not label it',
      fresh,
      secret({ ownerReferences: [former], labels: {} }),
      'foreign',
    ],
    [
      'our reference is there, but not as controller, and another controls it',
      fresh,
      secret({ ownerReferences: [{ ...ownerReferenceTo(fresh), controller: false }, deployment] }),
      'foreign',
    ],
  ])('when %s', (_, identity, meta, kind) => {
    expect(ownership(identity, meta).kind).toBe(kind);
  });

  it('names the holder of a foreign Secret', () => {
    expect(ownership(fresh, secret({ ownerReferences: [deployment] }))).toMatchObject({ holder: 'Deployment web' });
    const other = { 'signet.dev/service-identity': 'other' };
    expect(ownership(fresh, secret({ ownerReferences: [], labels: other }))).toMatchObject({
      holder: 'ServiceIdentity other',
    });
    expect(ownership(fresh, secret({ ownerReferences: [], labels: {} }))).toMatchObject({ holder: 'somebody else' });
  });

  it('knows a Secret of the same uid under another name as not recorded', () => {
    expect(ownership(recorded, secret({ name: 'copy', ownerReferences: [] })).kind).toBe('foreign');
  });

  it('writes an owner reference that garbage collection follows and that blocks nothing', () => {
    expect(aSecretMeta(issued).ownerReferences).toEqual([
      {
        apiVersion: 'signet.dev/v1alpha1',
        kind: 'ServiceIdentity',
        name: 'checkout',
        uid: 'uid-checkout',
        controller: true,
      },
    ]);
  });
});

describe('precedingRival', () => {
  const self = aServiceIdentity({ metadata: { uid: 'm', creationTimestamp: '2026-06-01T00:00:05Z' } });
  const older = { name: 'older', uid: 'z', creationTimestamp: '2026-06-01T00:00:04Z' };
  const oldest = { name: 'oldest', uid: 'z', creationTimestamp: '2026-06-01T00:00:03Z' };
  const younger = { name: 'younger', uid: 'a', creationTimestamp: '2026-06-01T00:00:06Z' };
  const sameLower = { name: 'lower', uid: 'a', creationTimestamp: '2026-06-01T00:00:05Z' };
  const sameHigher = { name: 'higher', uid: 'n', creationTimestamp: '2026-06-01T00:00:05Z' };

  it.each([
    ['no rival', [], undefined],
    ['a younger one', [younger], undefined],
    ['one of the same age with a higher uid', [sameHigher], undefined],
    ['an older one', [younger, older], 'older'],
    ['one of the same age with a lower uid', [sameHigher, sameLower], 'lower'],
    ['several, of which the oldest is named whatever their order', [older, oldest, sameLower], 'oldest'],
  ])('%s', (_, rivals, expected) => {
    expect(precedingRival(self, rivals)?.name).toBe(expected);
    expect(precedingRival(self, rivals.toReversed())?.name).toBe(expected);
  });
});
