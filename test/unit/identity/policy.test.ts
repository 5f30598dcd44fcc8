// SPDX-License-Identifier: Apache-2.0
/**
 * What a policy's verdict does to the plan and the status of an identity.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { FILES_DIGEST_ANNOTATION } from '../../../src/api/well-known.ts';
import type { Observed } from '../../../src/identity/observed.ts';
import { planIdentity } from '../../../src/identity/plan.ts';
import { nextStatus } from '../../../src/identity/status.ts';
import { MINUTE } from '../../../src/time.ts';
import {
  anAuthorityView,
  anIssued,
  anObserved,
  aResolvedTrustDomain,
  aTrustDomainView,
  NOW,
  respecified,
  touched,
} from '../../support/builders.ts';

const keep = { message: 'policy p says no', revoke: false, peers: false };
const revoke = { ...keep, revoke: true };
const issued = anIssued();
const due = anIssued({ issuedAt: NOW - 40 * MINUTE });

function kinds(observed: Observed): string[] {
  return planIdentity(observed, NOW).actions.map(({ kind }) => kind);
}

function conditionsAfter(observed: Observed): readonly (string | undefined)[] {
  const plan = planIdentity(observed, NOW);
  const released = plan.actions.length > 0 ? { released: true as const } : {};
  const status = nextStatus(observed.identity, { plan, ...released }, NOW);
  return (status.conditions ?? []).map(({ type, status: is, reason }) => `${type}=${is} ${reason}`);
}

describe('a verdict that keeps', () => {
  it('stops a first issuance', () => {
    const observed = anObserved({ policy: keep });
    expect(planIdentity(observed, NOW)).toMatchObject({
      actions: [],
      blocked: { reason: 'PolicyViolation', message: keep.message },
      forbidden: keep.message,
    });
    expect(conditionsAfter(observed)).toEqual(['Ready=False PolicyViolation', 'Forbidden=True PolicyViolation']);
  });

  it('leaves the stored SVID alone and says that it will not be renewed', () => {
    const observed = { ...issued, policy: keep };
    expect(planIdentity(observed, NOW)).toMatchObject({ actions: [], intact: true, forbidden: keep.message });
    expect(conditionsAfter(observed)).toEqual(['Ready=True Issued', 'Forbidden=True PolicyViolation']);
  });

  it('stops the renewal that is due, and Ready stays True as long as the SVID is valid', () => {
    const observed = { ...due, policy: keep };
    expect(kinds(due)).toEqual(['IssueSVID']);
    expect(kinds(observed)).toEqual([]);
    expect(conditionsAfter(observed)).toEqual(['Ready=True PolicyViolation', 'Forbidden=True PolicyViolation']);
  });

  it('stops an issuance for a changed spec, whose SVID is not what is stored', () => {
    const observed = { ...respecified(issued, { services: ['cart'] }), policy: keep };
    expect(kinds(observed)).toEqual([]);
    expect(conditionsAfter(observed)[0]).toBe('Ready=False PolicyViolation');
  });

  it('keeps forbidden peers out of the Secret, and lets others in', () => {
    const mtls = { allowedClients: ['spiffe://example.org/ns/legacy/sa/a'] };
    const changed = respecified(issued, { mtls });
    expect(kinds(changed)).toEqual(['PatchSecret']);
    expect(kinds({ ...changed, policy: keep })).toEqual(['PatchSecret']);
    const observed = { ...changed, policy: { ...keep, peers: true } };
    expect(kinds(observed)).toEqual([]);
    expect(conditionsAfter(observed)).toEqual(['Ready=True PolicyViolation', 'Forbidden=True PolicyViolation']);
  });

  it.each([
    ['a compromised root is on its way out', { refreshPatience: 0 }],
    ['an authority is distrusted', { distrustedIDs: new Set(['authority-0']) }],
  ])('lets new anchors in without the peers, once, while %s', (_why, changes) => {
    const mtls = { allowedClients: ['spiffe://example.org/ns/legacy/sa/a'] };
    const authority = anAuthorityView({ ...changes, anchorsPEM: 'new anchors\n' });
    const policy = { ...keep, peers: true };
    const trustDomain = aTrustDomainView({ authority });
    const observed = { ...respecified(issued, { mtls }), trustDomain, policy };
    const { actions, blocked } = planIdentity(observed, NOW);
    expect(blocked?.reason).toBe('PolicyViolation');
    expect(actions).toMatchObject([{ kind: 'PatchSecret', patch: { heals: false } }]);
    const [patch] = actions.map((action) => (action.kind === 'PatchSecret' ? action.patch : undefined));
    expect(patch?.files).toEqual({ 'ca.crt': 'new anchors\n' });
    const { meta } = issued.secret;
    const annotations = {
      ...meta.annotations,
      [FILES_DIGEST_ANNOTATION]: patch?.annotations[FILES_DIGEST_ANNOTATION] ?? '',
    };
    const after = { ...observed, secret: { meta: { ...meta, annotations }, content: undefined } };
    expect(kinds(after)).toEqual([]);
    const { policy: _policy, ...free } = after;
    const allowed = planIdentity(free, NOW);
    expect(allowed.actions).toMatchObject([
      { kind: 'PatchSecret', patch: { files: { 'allowed-clients': `${mtls.allowedClients[0]}\n` } } },
    ]);
    const calm = aTrustDomainView({ authority: anAuthorityView({ anchorsPEM: 'new anchors\n' }) });
    expect(kinds({ ...observed, trustDomain: calm })).toEqual([]);
  });

  it('heals anchors that somebody edited, whatever it says of peers', () => {
    const edited = touched(issued, { content: { filesDigest: 'other' } });
    expect(kinds({ ...edited, policy: { ...keep, peers: true } })).toEqual(['PatchSecret']);
  });

  it('does not speak over a suspension', () => {
    const suspended = { ...due.identity, spec: { ...due.identity.spec, suspend: true } };
    expect(planIdentity({ ...due, identity: suspended, policy: keep }, NOW).blocked?.reason).toBe('Suspended');
  });
});

describe('a verdict that revokes', () => {
  it('deletes the Secret and nothing more', () => {
    const observed = { ...issued, policy: revoke };
    expect(planIdentity(observed, NOW)).toMatchObject({
      actions: [{ kind: 'DeleteSecret', secret: issued.secret?.meta }],
      blocked: { reason: 'PolicyViolation' },
    });
    expect(conditionsAfter(observed)).toEqual(['Ready=False PolicyViolation', 'Forbidden=True PolicyViolation']);
  });

  it('deletes it once', () => {
    expect(kinds({ ...issued, secret: undefined, absenceConfirmed: true, policy: revoke })).toEqual([]);
    const meta = { ...issued.secret.meta, deleting: true };
    expect(kinds({ ...issued, secret: { ...issued.secret, meta }, policy: revoke })).toEqual([]);
  });

  it('never deletes a Secret of somebody else', () => {
    const meta = { ...issued.secret.meta, uid: 'other', ownerReferences: [], labels: {} };
    expect(kinds({ ...issued, secret: { ...issued.secret, meta }, policy: revoke })).toEqual([]);
  });

  it('deletes it also while the authority is away, or the identity suspended', () => {
    expect(kinds({ ...issued, trustDomain: aTrustDomainView({ authority: undefined }), policy: revoke })).toEqual([
      'DeleteSecret',
    ]);
    const identity = { ...issued.identity, spec: { ...issued.identity.spec, suspend: true } };
    expect(kinds({ ...issued, identity, policy: revoke })).toEqual(['DeleteSecret']);
  });

  it('looks for a Secret that the cache does not show, and deletes it without our label too', () => {
    const hidden = { ...issued, secret: undefined, policy: revoke };
    expect(planIdentity(hidden, NOW)).toMatchObject({ read: 'absence', actions: [] });
    const meta = { ...issued.secret.meta, labels: {}, ownerReferences: [] };
    expect(kinds({ ...hidden, secret: { meta, content: undefined }, absenceConfirmed: true })).toEqual([
      'DeleteSecret',
    ]);
    expect(kinds(anObserved({ policy: revoke }))).toEqual([]);
  });

  it('looks for the Secret of an earlier name likewise', () => {
    const renamed = { ...respecified(issued, { secret: { name: 'other' } }), secret: undefined, policy: revoke };
    expect(planIdentity(renamed, NOW)).toMatchObject({ read: 'previous', actions: [] });
    const previousSecret = { ...issued.secret.meta, labels: {} };
    expect(kinds({ ...renamed, previousSecret, previousConfirmed: true })).toEqual(['DeleteSecret']);
    expect(kinds({ ...renamed, previousConfirmed: true })).toEqual([]);
  });

  it.each([
    ['the TrustDomain is gone', { trustDomain: undefined }],
    ['another TrustDomain has its name', { trustDomain: aTrustDomainView({ conflictsWith: 'older' }) }],
    [
      'the TrustDomain does not allow the namespace',
      {
        trustDomain: aTrustDomainView({
          resolved: aResolvedTrustDomain({ allowedNamespaces: { matchLabels: { a: 'b' } } }),
        }),
      },
    ],
  ])('deletes it also where it could not be served: %s', (_what, changes: Partial<Observed>) => {
    const observed = { ...issued, ...changes, policy: revoke };
    expect(kinds(observed)).toEqual(['DeleteSecret']);
    const hidden = { ...observed, secret: undefined };
    expect(planIdentity(hidden, NOW)).toMatchObject({ read: 'previous', actions: [] });
    const previousSecret = { ...issued.secret.meta, labels: {} };
    expect(kinds({ ...hidden, previousSecret, previousConfirmed: true })).toEqual(['DeleteSecret']);
  });

  it('deletes it also where the TrustDomain refuses the spec', () => {
    const dnsNames = ['api.example.com'];
    const refused = respecified(issued, { dnsNames });
    expect(planIdentity(refused, NOW).blocked?.reason).toBe('InvalidSpec');
    expect(kinds({ ...refused, policy: revoke })).toEqual(['DeleteSecret']);
  });

  it('touches nothing in the namespace of the controller', () => {
    const settings = { ...issued.settings, ownNamespace: 'shop' };
    expect(kinds({ ...issued, settings, policy: revoke })).toEqual([]);
  });

  it('keeps what is known of the SVID in status, so that it can be looked up until it expires', () => {
    const observed = { ...issued, policy: revoke };
    const plan = planIdentity(observed, NOW);
    const status = nextStatus(observed.identity, { plan, released: true }, NOW);
    expect(status).toMatchObject({ serialNumber: issued.identity.status?.serialNumber });
  });
});
