// SPDX-License-Identifier: Apache-2.0
/**
 * What expressions see of a subject. Labels and annotations of the identity itself are not among it: a change of them
 * is never judged, so no rule over them could hold.
 * @module
 */
import { boundedTTL, dnsScope } from '../api/bounds.ts';
import { withServiceIdentityDefaults } from '../api/defaults.ts';
import { certificateDNSNames } from '../api/dns-names.ts';
import { formatSPIFFEID, serviceAccountID } from '../spiffe/id.ts';
import { SECOND } from '../time.ts';
import type { ExpressionInput, ExpressionValue } from './expression.ts';
import type { IdentityState, IdentitySubject } from './subject.ts';

/** The variables for a subject; build them once for all expressions. */
export function expressionInput(subject: IdentitySubject): ExpressionInput {
  const { namespace, request, old } = subject;
  return {
    identity: identityValue(subject, subject),
    oldIdentity: old === undefined ? null : identityValue(old, subject),
    namespaceObject: {
      metadata: { name: namespace.name, labels: namespace.labels, annotations: namespace.annotations },
    },
    request: request === undefined ? null : requestValue(request),
  };
}

/** Lists and maps that are absent are empty here, but for peers, where it makes a difference. */
function identityValue(state: IdentityState, subject: IdentitySubject): ExpressionValue {
  const { name, namespace } = subject;
  const spec = withServiceIdentityDefaults(state.spec);
  const { ttl, renewRequest, mtls, secret } = spec;
  return {
    metadata: { name, namespace: namespace.name },
    spec: {
      serviceAccountName: spec.serviceAccountName,
      trustDomainRef: { name: spec.trustDomainRef.name },
      services: spec.services ?? [],
      dnsNames: spec.dnsNames ?? [],
      subject: spec.subject,
      privateKey: { algorithm: spec.privateKey.algorithm },
      secret: {
        name: state.resolved.secretName,
        labels: secret.labels ?? {},
        annotations: secret.annotations ?? {},
        formats: secret.formats.map(({ type }) => ({ type })),
        deletionPolicy: secret.deletionPolicy,
      },
      mtls: {
        ...(mtls?.allowedClients === undefined ? {} : { allowedClients: mtls.allowedClients }),
        ...(mtls?.allowedServers === undefined ? {} : { allowedServers: mtls.allowedServers }),
      },
      suspend: spec.suspend,
      ...(ttl === undefined ? {} : { ttl }),
      ...(renewRequest === undefined ? {} : { renewRequest }),
    },
    ...derived(state, subject),
  };
}

/** What the TrustDomain decides as well; nothing while it is not known. */
function derived(
  { resolved }: IdentityState,
  { namespace, clusterDomain, trustDomain }: IdentitySubject,
): { readonly [key: string]: ExpressionValue } {
  if (trustDomain === undefined) return {};
  const id = serviceAccountID(trustDomain.trustDomain, namespace.name, resolved.serviceAccountName);
  const scope = { namespace: namespace.name, clusterDomain, allowedKeyPrefixes: [] };
  return {
    trustDomain: trustDomain.trustDomain,
    spiffeID: 'value' in id ? formatSPIFFEID(id.value) : '',
    dnsNames: certificateDNSNames(resolved, dnsScope(trustDomain, scope)),
    ttlSeconds: BigInt(boundedTTL(resolved, trustDomain) / SECOND),
  };
}

function requestValue({
  operation,
  dryRun,
  username,
  uid,
  groups,
}: NonNullable<IdentitySubject['request']>): ExpressionValue {
  return { operation, dryRun, userInfo: { username, uid, groups } };
}
