// SPDX-License-Identifier: Apache-2.0
/**
 * What a TrustDomain and the operator of the controller allow an identity: the built-in rules over more than one object.
 * @module
 */
import type { Duration } from '../time.ts';
import { type DNSScope, refusedDNSNames } from './dns-names.ts';
import { type FieldError, fieldError } from './field-error.ts';
import type { ResolvedServiceIdentity, ResolvedTrustDomain } from './resolved.ts';

/** Where the identity lives and what the controller was configured with. */
export interface IdentityScope {
  readonly namespace: string;
  readonly clusterDomain: string;
  /** Prefixes of label and annotation keys, without the slash, that specs may set on Secrets; `''`: keys without one. */
  readonly allowedKeyPrefixes: readonly string[];
}

/** Every way in which the identity goes beyond its bounds; empty where it may be issued. Lifetimes are cut instead. */
export function boundsErrors(
  identity: ResolvedServiceIdentity,
  trustDomain: ResolvedTrustDomain,
  scope: IdentityScope,
): readonly FieldError[] {
  return [
    ...refusedDNSNames(identity, dnsScope(trustDomain, scope)),
    ...foreignKeyErrors('spec.secret.labels', identity.secretLabels, scope.allowedKeyPrefixes),
    ...foreignKeyErrors('spec.secret.annotations', identity.secretAnnotations, scope.allowedKeyPrefixes),
  ];
}

/**
 * The lifetime that is really issued. One outside the TrustDomain's bounds is moved to the nearer of them rather than
 * refused: an operator who narrows the bounds must not stop the renewals of identities that were in order before.
 */
export function boundedTTL({ ttl }: ResolvedServiceIdentity, trustDomain: ResolvedTrustDomain): Duration {
  const { defaultTTL, minTTL, maxTTL } = trustDomain;
  return Math.min(maxTTL, Math.max(minTTL, ttl ?? defaultTTL));
}

/** The scope of an identity's DNS names under a TrustDomain. */
export function dnsScope(trustDomain: ResolvedTrustDomain, scope: IdentityScope): DNSScope {
  const { shortNames, allowedDNS } = trustDomain;
  return { namespace: scope.namespace, clusterDomain: scope.clusterDomain, shortNames, allowedDNS };
}

function foreignKeyErrors(
  path: string,
  map: Readonly<Record<string, string>>,
  allowedPrefixes: readonly string[],
): readonly FieldError[] {
  const foreign = Object.keys(map).filter((key) => !allowedPrefixes.includes(keyPrefix(key)));
  const allowed = allowedPrefixes.length === 0 ? 'none' : `only keys under ${allowedPrefixes.join(', ')}`;
  return foreign.map((key) => fieldError(path, key, `the operator of Signet allows ${allowed}; remove the key`));
}

/** The domain before the slash, `''` for a key without one. */
function keyPrefix(key: string): string {
  return key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
}
