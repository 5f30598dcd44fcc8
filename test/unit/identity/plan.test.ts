// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Observed } from '../../../src/identity/observed.ts';
import { ownerReferenceTo } from '../../../src/identity/ownership.ts';
import { type Action, planIdentity } from '../../../src/identity/plan.ts';
import { MINUTE } from '../../../src/time.ts';
import {
  anIssued,
  anObserved,
  aSecretMeta,
  aServiceIdentity,
  aTrustDomainView,
  NOW,
  respecified,
  touched,
} from '../../support/builders.ts';

const issued = anIssued();
const { status: _, ...unrecorded } = issued.identity;
const former = { ...ownerReferenceTo(issued.identity), uid: 'former' };
const noAuthority = aTrustDomainView({ authority: undefined });

function kinds(observed: Observed, now = NOW): readonly string[] {
  return planIdentity(observed, now).actions.map(({ kind }) => kind);
}

function onlyAction(observed: Observed, now = NOW): Action | undefined {
  const { actions } = planIdentity(observed, now);
  expect(actions).toHaveLength(1);
  return actions[0];
}

describe('issuing', () => {
  it('creates a Secret that is not there', () => {
    const action = onlyAction(anObserved());
    expect(action).toMatchObject({ kind: 'IssueSVID', reason: 'FirstIssuance', recreate: false, heals: false });
    expect(action).not.toHaveProperty('existing');
  });

  it('replaces the Secret it decided on', () => {
    const action = onlyAction(anIssued({ issuedAt: NOW - 40 * MINUTE }));
    expect(action).toMatchObject({
      reason: 'RenewalDue',
      recreate: false,
      heals: false,
      existing: { resourceVersion: '100' },
    });
  });

  it.each<[string, Observed, string]>([
    ['immutable', touched(issued, { content: { immutable: true } }), 'SecretImmutable'],
    ['of another type', touched(issued, { content: { type: 'Opaque' } }), 'SecretImmutable'],
    [
      'immutable and adopted',
      {
        ...touched(issued, { content: { immutable: true }, meta: { ownerReferences: [former] } }),
        identity: unrecorded,
      },
      'SecretAdopted',
    ],
    [
      'of another type and damaged',
      touched(issued, { content: { type: 'Opaque', svid: undefined as never } }),
      'SecretImmutable',
    ],
  ])('deletes and creates a Secret that is %s', (_what, observed, reason) => {
    expect(onlyAction(observed)).toMatchObject({
      kind: 'IssueSVID',
      reason,
      recreate: true,
      existing: { uid: 'uid-secret' },
    });
  });

  it('does nothing for an identity that is being deleted, and nothing before its namespace is known', () => {
    const deleting = aServiceIdentity({ metadata: { deletionTimestamp: '2026-06-15T00:00:00Z' } });
    expect(planIdentity(anObserved({ identity: deleting }), NOW)).toEqual({ actions: [], undecided: true });
    expect(planIdentity(anObserved({ namespace: undefined }), NOW)).toMatchObject({ actions: [], undecided: true });
  });
});

describe('reading', () => {
  it.each<[string, Observed, string | undefined]>([
    ['nothing while nobody else wrote the Secret', issued, undefined],
    ['nothing before the first issuance', anObserved(), undefined],
    [
      'the content after somebody else wrote it',
      { ...issued, secret: { meta: { ...issued.secret.meta, resourceVersion: '7' }, content: undefined } },
      'content',
    ],
    [
      'the content of one that may be adopted',
      {
        ...issued,
        identity: unrecorded,
        secret: { meta: { ...issued.secret.meta, ownerReferences: [former] }, content: undefined },
      },
      'content',
    ],
    [
      'nothing of a foreign one',
      {
        ...issued,
        identity: unrecorded,
        secret: { meta: { ...issued.secret.meta, ownerReferences: [] }, content: undefined },
      },
      undefined,
    ],
    ['nothing twice', touched(issued), undefined],
    [
      'nothing that could not be judged',
      {
        ...issued,
        trustDomain: noAuthority,
        secret: { meta: { ...issued.secret.meta, resourceVersion: '7' }, content: undefined },
      },
      undefined,
    ],
    ['whether a Secret is really gone that status records', { ...issued, secret: undefined }, 'absence'],
    ['whether it is gone only once', { ...issued, secret: undefined, absenceConfirmed: true }, undefined],
    [
      'nothing for a Secret name that status does not record',
      anIssued({
        identity: {
          spec: { secret: { name: 'a' } },
          status: { secret: { name: 'b', uid: 'b', resourceVersion: '1' } },
        },
        observed: { secret: undefined },
      }),
      'content',
    ],
  ])('asks for %s', (_what, observed, read) => {
    expect(planIdentity(observed, NOW).read).toBe(read);
  });

  it('asks whether a Secret that stood in the way is still there, rather than trying to create it again and again', () => {
    const conditions = [
      { type: 'Ready', status: 'False', reason: 'SecretConflict', message: '', lastTransitionTime: '' },
    ] as const;
    const waiting = anObserved({ identity: aServiceIdentity({ status: { conditions } }) });
    expect(planIdentity(waiting, NOW)).toMatchObject({ read: 'absence', actions: [] });
    expect(kinds({ ...waiting, absenceConfirmed: true })).toEqual(['IssueSVID']);
  });
});

describe('foreign Secrets and rivals', () => {
  const rival = { name: 'older', uid: 'a', creationTimestamp: '2026-05-01T00:00:00Z' };
  const foreign = { meta: { ...issued.secret.meta, ownerReferences: [], uid: 'x' }, content: undefined };

  it('never touches a foreign Secret, and looks again as no watch may tell', () => {
    const plan = planIdentity({ ...issued, identity: unrecorded, secret: foreign }, NOW);
    expect(plan).toMatchObject({ actions: [], blocked: { reason: 'SecretConflict' }, requeueAfter: MINUTE });
    expect(plan.stored).toBeUndefined();
  });

  it('leaves an absent Secret to a rival that precedes it, and looks again as only the next one is woken', () => {
    expect(planIdentity(anObserved({ rivals: [rival] }), NOW)).toMatchObject({
      actions: [],
      blocked: { reason: 'SecretConflict' },
      requeueAfter: MINUTE,
    });
  });

  it('keeps its own Secret from a rival that precedes it', () => {
    expect(kinds({ ...anIssued({ issuedAt: NOW - 40 * MINUTE }), rivals: [rival] })).toEqual(['IssueSVID']);
  });

  it('looks again soon while a Secret is being deleted: the watch does not tell of the end of an unlabeled one', () => {
    const deleting = { meta: { ...issued.secret.meta, deleting: true }, content: undefined };
    const plan = planIdentity({ ...issued, secret: deleting }, NOW);
    expect(plan).toMatchObject({ actions: [], blocked: { reason: 'Pending' } });
    expect(plan.requeueAfter).toBeLessThanOrEqual(MINUTE);
  });
});

describe('a changed secret.name', () => {
  const renamed = respecified(issued, { secret: { name: 'new' } }).identity;
  const previousSecret = issued.secret.meta;
  const after: Observed = { ...issued, identity: renamed, secret: undefined, previousSecret };

  it('issues into the new Secret first and deletes the old one then', () => {
    expect(kinds(after)).toEqual(['IssueSVID', 'DeleteSecret']);
    expect(planIdentity(after, NOW).actions[1]).toMatchObject({ secret: { name: 'checkout-svid', uid: 'uid-secret' } });
  });

  it('does not count as a heal and is not held back by earlier ones', () => {
    const busy = [1, 2, 3, 4, 5].map((age) => NOW - age);
    expect(planIdentity({ ...after, healing: busy }, NOW).actions[0]).toMatchObject({
      kind: 'IssueSVID',
      heals: false,
    });
  });

  it('deletes the old one also when it is found later', () => {
    const here = touched({
      ...after,
      secret: { meta: aSecretMeta({ ...after, identity: renamed }, { uid: 'n' }), content: undefined },
    });
    expect(kinds({ ...here, previousSecret })).toEqual(['DeleteSecret']);
    expect(kinds({ ...here, previousSecret: { ...previousSecret, deleting: true } })).toEqual([]);
  });

  it('deletes the old one although its owner reference was taken away: status records it', () => {
    expect(kinds({ ...after, previousSecret: { ...previousSecret, ownerReferences: [] } })).toEqual([
      'IssueSVID',
      'DeleteSecret',
    ]);
  });

  it.each([
    [
      'was to be retained',
      { ...previousSecret, ownerReferences: [], labels: { ...previousSecret.labels, 'signet.dev/retain': 'true' } },
    ],
    ['belongs to somebody else now', { ...previousSecret, uid: 'x', ownerReferences: [] }],
  ])('leaves alone an old one that %s', (_what, secret) => {
    expect(kinds({ ...after, previousSecret: secret })).toEqual(['IssueSVID']);
  });

  it('keeps the old one while the new one is not in place', () => {
    expect(kinds({ ...after, serviceAccountExists: false })).toEqual([]);
    expect(
      kinds({ ...after, rivals: [{ name: 'older', uid: 'a', creationTimestamp: '2026-05-01T00:00:00Z' }] }),
    ).toEqual([]);
  });
});

describe('an authority that is not there', () => {
  const unread = { meta: { ...issued.secret.meta, resourceVersion: '7' }, content: undefined };

  it('leaves what status says standing although somebody wrote the Secret', () => {
    const plan = planIdentity({ ...issued, secret: unread, trustDomain: noAuthority }, NOW);
    expect(plan).toMatchObject({
      actions: [],
      blocked: { reason: 'AuthorityUnavailable' },
      stored: { fingerprint: 'f1' },
    });
    expect(plan.cause).toBeUndefined();
  });

  it('does not take a Secret for damaged', () => {
    const { identity } = respecified(issued, { suspend: true });
    const plan = planIdentity({ ...issued, identity, secret: unread, trustDomain: noAuthority }, NOW);
    expect(plan.cause).toBeUndefined();
  });
});
