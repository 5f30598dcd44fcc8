// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { ISSUE_REASONS, issueCause } from '../../../src/identity/checks.ts';
import type { Observed } from '../../../src/identity/observed.ts';
import { ownerReferenceTo } from '../../../src/identity/ownership.ts';
import { HOUR, MINUTE } from '../../../src/time.ts';
import {
  anAuthorityView,
  anIssued,
  anObserved,
  aResolvedTrustDomain,
  aTrustDomainView,
  desiredOf,
  NOW,
  respecified,
  touched,
} from '../../support/builders.ts';

function cause(observed: Observed, now = NOW) {
  return issueCause({ observed, desired: desiredOf(observed), authority: observed.trustDomain?.authority, now });
}

const issued = anIssued();

/** One whose PKCS#12 files were written for the password `first`. */
function withPassword(digest: string): Observed {
  const formats = [{ type: 'PEM' }, { type: 'PKCS12', pkcs12: { passwordSecretRef: { name: 'password' } } }] as const;
  const written = anIssued({ identity: { spec: { secret: { formats } } } });
  const { meta } = written.secret;
  const annotations = { ...meta.annotations, 'signet.dev/password-digest': 'uid/1 first' };
  const secret = { meta: { ...meta, annotations }, content: undefined };
  return { ...written, secret, password: { version: 'uid/2', read: { digest } } };
}

const seen = new Set<string>();

describe('an SVID stays', () => {
  it.each<[string, Observed]>([
    ['while nobody else wrote the Secret', issued],
    ['after a write that changed nothing of ours', touched(issued)],
    [
      'when other DNS names are listed in another order',
      touched(issued, { svid: { dnsNames: desiredOf(issued).svid.dnsNames.toReversed() } }),
    ],
    ['when it was clamped to a shorter life', touched(issued, { svid: { notAfter: NOW + 20 * MINUTE } })],
    [
      'when only the Secret around it is asked to change',
      respecified(issued, { mtls: { allowedClients: [] }, secret: { labels: { 'example.org/a': 'b' } } }),
    ],
    [
      'when its authority is retired but known',
      {
        ...issued,
        trustDomain: aTrustDomainView({
          authority: anAuthorityView({ id: 'authority-2', knownIDs: new Set(['authority-1', 'authority-2']) }),
        }),
      },
    ],
    ['while the authority is not known', { ...issued, trustDomain: aTrustDomainView({ authority: undefined }) }],
    [
      'while renewRequest is the one that was observed',
      anIssued({ identity: { spec: { renewRequest: 'a' }, status: { observedRenewRequest: 'a' } } }),
    ],
    ['when the Secret with the password was only touched', withPassword('first')],
    ['when renewRequest is taken away', anIssued({ identity: { status: { observedRenewRequest: 'a' } } })],
  ])('%s', (_, observed) => {
    expect(cause(observed)).toBeUndefined();
  });

  it.each<[string, Parameters<typeof aResolvedTrustDomain>[0]]>([
    ['a shorter default lifetime', { svid: { defaultTTL: '30m' } }],
    ['a longer default lifetime', { svid: { defaultTTL: '2h' } }],
    ['short names', { svid: { shortNames: true } }],
    ['bounds below the lifetime of the spec', { svid: { defaultTTL: '30m', maxTTL: '30m' } }],
    ['bounds above the lifetime of the spec', { svid: { minTTL: '2h', defaultTTL: '3h' } }],
  ])('when the TrustDomain turns to %s, whether or not somebody touched the Secret', (_, spec) => {
    const trustDomain = aTrustDomainView({ resolved: aResolvedTrustDomain(spec) });
    expect(cause({ ...issued, trustDomain })).toBeUndefined();
    expect(cause({ ...touched(issued), trustDomain })).toBeUndefined();
  });

  it('when it is known to be clamped, even if somebody edited the digest of what it was issued for', () => {
    const clamped = {
      type: 'Clamped',
      status: 'True',
      reason: 'IssuerLifetime',
      message: '',
      lastTransitionTime: '',
    } as const;
    const before = anIssued({ identity: { spec: { ttl: '1h' }, status: { conditions: [clamped] } } });
    const edited = touched(before, { meta: { annotations: {} }, svid: { notAfter: NOW + 20 * MINUTE } });
    expect(cause(edited)).toBeUndefined();
  });

  it('when the TrustDomain turns away from short names', () => {
    const withShort = aTrustDomainView({ resolved: aResolvedTrustDomain({ svid: { shortNames: true } }) });
    const before = anIssued({ observed: { trustDomain: withShort } });
    const edited = touched(before);
    expect(cause({ ...before, trustDomain: aTrustDomainView() })).toBeUndefined();
    expect(cause({ ...edited, trustDomain: aTrustDomainView() })).toBeUndefined();
  });
});

describe('an SVID is issued', () => {
  const former = { ...ownerReferenceTo(issued.identity), uid: 'former' };
  const { status: _, ...unrecorded } = issued.identity;

  it.each<[string, Observed, string]>([
    ['for the first time', anObserved(), 'FirstIssuance'],
    ['for a Secret that is gone', { ...issued, secret: undefined }, 'SecretMissing'],
    [
      'for one that was restored with a former owner',
      { ...touched(issued, { meta: { ownerReferences: [former] } }), identity: unrecorded },
      'SecretAdopted',
    ],
    ['when the Secret was made immutable', touched(issued, { content: { immutable: true } }), 'SecretImmutable'],
    ['when the Secret has another type', touched(issued, { content: { type: 'Opaque' } }), 'SecretImmutable'],
    [
      'when key and certificate do not hold an SVID',
      touched(issued, { content: { svid: undefined as never, problem: 'tls.key is not the key of the leaf' } }),
      'SecretEdited',
    ],
    ['when a file of a format is missing', touched(issued, { content: { formatsComplete: false } }), 'SecretEdited'],
    [
      'when the authority is no longer part of the TrustDomain',
      {
        ...issued,
        trustDomain: aTrustDomainView({ authority: anAuthorityView({ id: 'b', knownIDs: new Set(['b']) }) }),
      },
      'AuthorityChanged',
    ],
    ['when services changed', respecified(issued, { services: ['checkout', 'cart'] }), 'SpecChanged'],
    ['when the lifetime changed', respecified(issued, { ttl: '2h' }), 'SpecChanged'],
    ['when the subject changed', respecified(issued, { subject: 'SPIFFEPath' }), 'SpecChanged'],
    ['when the key algorithm changed', respecified(issued, { privateKey: { algorithm: 'Ed25519' } }), 'SpecChanged'],
    [
      'when the formats changed',
      respecified(issued, { secret: { formats: [{ type: 'PEM' }, { type: 'CombinedPEM' }] } }),
      'SpecChanged',
    ],
    [
      'when the stored SVID has another SPIFFE ID',
      touched(issued, { svid: { spiffeID: 'spiffe://example.org/ns/shop/sa/other' } }),
      'SpecChanged',
    ],
    ['when the stored SVID has another subject', touched(issued, { svid: { subject: 'SPIFFEPath' } }), 'SpecChanged'],
    [
      'when the stored SVID has another kind of key',
      touched(issued, { svid: { algorithm: 'RSA-2048' } }),
      'SpecChanged',
    ],
    [
      'when the stored SVID lacks a DNS name',
      touched(issued, { svid: { dnsNames: ['checkout.shop'] } }),
      'SpecChanged',
    ],
    [
      'when the stored SVID has one DNS name too many',
      touched(issued, { svid: { dnsNames: [...desiredOf(issued).svid.dnsNames, 'cart.shop'] } }),
      'SpecChanged',
    ],
    [
      'when the stored SVID lives longer than spec.ttl',
      touched(anIssued({ identity: { spec: { ttl: '30m' } } }), { svid: { notAfter: NOW + 2 * HOUR } }),
      'SpecChanged',
    ],
    [
      'when spec.ttl grew, also in a Secret that somebody else wrote',
      touched(respecified(issued, { ttl: '2h' }), { svid: { notAfter: NOW + 50 * MINUTE } }),
      'SpecChanged',
    ],
    ['when renewRequest has a first value', respecified(issued, { renewRequest: 'a' }), 'RenewRequested'],
    [
      'when renewRequest has a new value',
      anIssued({ identity: { spec: { renewRequest: 'b' }, status: { observedRenewRequest: 'a' } } }),
      'RenewRequested',
    ],
    ['when PKCS#12 files have another password', withPassword('other'), 'PasswordChanged'],
    ['when the renewal time has come', anIssued({ issuedAt: NOW - 40 * MINUTE }), 'RenewalDue'],
    ['when it has expired', anIssued({ issuedAt: NOW - 2 * HOUR }), 'RenewalDue'],
  ])('%s', (_, observed, reason) => {
    seen.add(reason);
    expect(cause(observed)?.reason).toBe(reason);
  });

  it('for every reason of the catalogue', () => {
    expect([...seen].sort()).toEqual([...ISSUE_REASONS].sort());
  });

  it('at the renewal time and not before', () => {
    const due = Date.parse(issued.identity.status?.renewalTime ?? '');
    const before = Math.floor(due / 1000) * 1000 - 1000;
    expect(cause(issued, before)).toBeUndefined();
    expect(cause(issued, before + 2000)?.reason).toBe('RenewalDue');
  });

  it('does not believe the digest on a Secret that somebody else wrote', () => {
    const observed = touched(respecified(issued, { services: ['cart'] }));
    const lying = { ...observed.secret?.meta.annotations, 'signet.dev/svid-digest': desiredOf(observed).svidDigest };
    const stale = touched(observed, {
      meta: { annotations: lying },
      svid: { dnsNames: desiredOf(issued).svid.dnsNames },
    });
    expect(cause(stale)?.reason).toBe('SpecChanged');
  });
});
