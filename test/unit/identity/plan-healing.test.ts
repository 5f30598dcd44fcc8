// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import type { Observed } from '../../../src/identity/observed.ts';
import { ownerReferenceTo } from '../../../src/identity/ownership.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import { anIssued, anObserved, NOW, respecified, touched } from '../../support/builders.ts';

const issued = anIssued();
const { status: _, ...unrecorded } = issued.identity;
const former = { ...ownerReferenceTo(issued.identity), uid: 'former' };

describe('healing', () => {
  const busy = [9, 8, 7, 6, 5].map((minutes) => NOW - minutes * MINUTE);
  const older = { fingerprint: 'f0', notBefore: NOW - 50 * MINUTE, notAfter: NOW + 10 * MINUTE };

  it.each<[string, Observed, string]>([
    ['a lost Secret', { ...issued, secret: undefined, absenceConfirmed: true }, 'IssueSVID'],
    ['a damaged one', touched(issued, { content: { svid: undefined as never, problem: 'p' } }), 'IssueSVID'],
    ['an immutable one', touched(issued, { content: { immutable: true } }), 'IssueSVID'],
    ['an older SVID put back, past its renewal', touched(issued, { svid: older }), 'IssueSVID'],
    [
      'an SVID of an earlier spec put back',
      touched(issued, { svid: { ...older, notAfter: NOW + HOUR, dnsNames: ['cart.shop'] } }),
      'IssueSVID',
    ],
    [
      'an SVID of a forgotten authority put back',
      touched(issued, { svid: { fingerprint: 'f0', authorityID: 'gone' } }),
      'IssueSVID',
    ],
    [
      'another Secret of a former object put in its place',
      touched(issued, { meta: { uid: 'x', ownerReferences: [former] } }),
      'IssueSVID',
    ],
    ['labels', touched(issued, { meta: { labels: {} } }), 'PatchSecret'],
    ['a foreign ca.crt', touched(issued, { content: { filesDigest: 'other' } }), 'PatchSecret'],
    ['an owner reference to a former object', touched(issued, { meta: { ownerReferences: [former] } }), 'PatchSecret'],
  ])('of %s is counted, and held back when it is too much', (_what, observed, kind) => {
    const [action, ...others] = planIdentity(observed, NOW).actions;
    expect(others).toEqual([]);
    expect(action?.kind).toBe(kind);
    const heals = action?.kind === 'IssueSVID' ? action.heals : action?.kind === 'PatchSecret' && action.patch.heals;
    expect(heals).toBe(true);
    const held = planIdentity({ ...observed, healing: busy }, NOW);
    expect(held).toMatchObject({ actions: [], blocked: { reason: 'RepeatedEdits', retryAfter: MINUTE } });
    expect(held.requeueAfter).toBe(MINUTE);
    expect(held.blocked?.message).toContain('kubectl get secret -n shop checkout-svid -o yaml --show-managed-fields');
  });

  it.each<[string, Observed]>([
    ['a renewal', anIssued({ issuedAt: NOW - 40 * MINUTE })],
    ['a renewal after a foreign write that changed nothing', touched(anIssued({ issuedAt: NOW - 40 * MINUTE }))],
    ['a changed spec', touched(respecified(issued, { services: ['cart'] }), { svid: { dnsNames: ['checkout.shop'] } })],
    ['the first issuance', anObserved()],
    ['an adoption', { ...touched(issued, { meta: { ownerReferences: [former] } }), identity: unrecorded }],
    ['a patch that follows the spec', respecified(issued, { mtls: { allowedClients: [] } })],
  ])('is not what holds back %s', (_what, observed) => {
    expect(planIdentity({ ...observed, healing: busy }, NOW).actions).toHaveLength(1);
  });

  it('holds back an SVID that an admission webhook keeps rewriting', () => {
    const annotations = { ...issued.secret.meta.annotations, 'signet.dev/svid-digest': 'rewritten' };
    const rewritten = { ...issued, secret: { ...issued.secret, meta: { ...issued.secret.meta, annotations } } };
    expect(planIdentity(rewritten, NOW).actions).toMatchObject([{ kind: 'IssueSVID', heals: true }]);
    expect(planIdentity({ ...rewritten, healing: busy }, NOW)).toMatchObject({
      actions: [],
      blocked: { reason: 'RepeatedEdits' },
    });
  });

  it('holds back patches that an admission webhook keeps undoing', () => {
    const labels = { 'signet.dev/managed': 'svid' };
    const stripped = { ...issued, secret: { ...issued.secret, meta: { ...issued.secret.meta, labels } } };
    expect(planIdentity(stripped, NOW).actions).toMatchObject([{ kind: 'PatchSecret', patch: { heals: true } }]);
    expect(planIdentity({ ...stripped, healing: busy }, NOW).actions).toEqual([]);
  });

  it('never makes a healthy SVID wait past its renewal', () => {
    const soon = anIssued({ issuedAt: NOW - 23 * MINUTE });
    const renewal = Date.parse(soon.identity.status?.renewalTime ?? '');
    const contended = {
      ...touched(soon, { meta: { labels: {} } }),
      healing: [4, 3, 2, 1, 0].map((m) => NOW - m * 1000),
    };
    const plan = planIdentity(contended, NOW);
    expect(plan.blocked?.reason).toBe('RepeatedEdits');
    expect(NOW + (plan.requeueAfter ?? HOUR)).toBeLessThanOrEqual(renewal + 1000);
    expect(planIdentity(contended, renewal + 1000).actions).toMatchObject([{ kind: 'IssueSVID' }]);
  });
});
