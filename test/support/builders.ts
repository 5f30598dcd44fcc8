// SPDX-License-Identifier: Apache-2.0
/**
 * Objects for tests of decisions: each builder makes one that is in order, and takes what a test wants otherwise.
 * @module
 */
import type { ObjectMeta } from '../../src/api/object-meta.ts';
import type { ResolvedTrustDomain } from '../../src/api/resolved.ts';
import type { ServiceIdentity, ServiceIdentitySpec, ServiceIdentityStatus } from '../../src/api/service-identity.ts';
import { formatTimestamp } from '../../src/api/timestamp.ts';
import type { TrustDomain, TrustDomainSpec, TrustDomainStatus } from '../../src/api/trust-domain.ts';
import { parseTrustDomainSpec } from '../../src/api/trust-domain-validation.ts';
import type { AuthorityDocument, AuthoritySlot } from '../../src/authority/document.ts';
import type { Propagation } from '../../src/authority/propagation.ts';
import { type Desired, desiredIdentity } from '../../src/identity/desired.ts';
import { NO_LOOKS } from '../../src/identity/looks.ts';
import type {
  AuthorityView,
  Observed,
  SecretContent,
  SecretMeta,
  Settings,
  StoredFacts,
  StoredSVID,
  TrustDomainView,
} from '../../src/identity/observed.ts';
import { ownerReferenceTo } from '../../src/identity/ownership.ts';
import { renewalTime } from '../../src/identity/renewal.ts';
import { UNPACED } from '../../src/rates/pacing.ts';
import { BACKDATE } from '../../src/spiffe/svid.ts';
import { DAY, type Duration, HOUR, type Instant, MINUTE, SECOND } from '../../src/time.ts';

/** A whole second. */
export const NOW: Instant = Date.UTC(2026, 5, 15, 12, 0, 0);

export const SETTINGS: Settings = {
  ownNamespace: 'signet-system',
  clusterDomain: 'cluster.local',
  allowedKeyPrefixes: ['example.org'],
};

/** Two roots' worth of text would do as well: decisions compare anchors, they never read them. */
export const ANCHORS = 'anchors of example.org\n';

export interface IdentityChanges {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: Partial<ServiceIdentitySpec>;
  readonly status?: ServiceIdentityStatus;
}

export function aServiceIdentity({ metadata, spec, status }: IdentityChanges = {}): ServiceIdentity {
  return {
    metadata: {
      name: 'checkout',
      namespace: 'shop',
      uid: 'uid-checkout',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-06-01T00:00:00Z',
      ...metadata,
    },
    spec: { serviceAccountName: 'checkout', services: ['checkout'], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

export function aTrustDomain(
  changes: {
    readonly metadata?: Partial<ObjectMeta>;
    readonly spec?: Partial<TrustDomainSpec>;
    readonly status?: TrustDomainStatus;
  } = {},
): TrustDomain {
  const { metadata, spec, status } = changes;
  return {
    metadata: {
      name: 'default',
      uid: 'uid-default',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-06-01T00:00:00Z',
      ...metadata,
    },
    spec: { trustDomain: 'example.org', allowedNamespaces: {}, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** The TrustDomain as decisions read it. Throws for a spec that breaks a rule. */
export function aResolvedTrustDomain(spec: Partial<TrustDomainSpec> = {}, name = 'default'): ResolvedTrustDomain {
  const parsed = parseTrustDomainSpec(aTrustDomain({ spec }).spec, name);
  if ('errors' in parsed) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

export function anAuthorityView(changes: Partial<AuthorityView> = {}): AuthorityView {
  return {
    id: 'authority-1',
    signsUntil: NOW + 30 * DAY,
    knownIDs: new Set(['authority-1']),
    anchorsPEM: ANCHORS,
    toleratedPEMs: [],
    leavesEnd: NOW + 31 * DAY,
    distrustedIDs: new Set(),
    refreshPatience: 5 * MINUTE,
    ...changes,
  };
}

export function aTrustDomainView(changes: Partial<TrustDomainView> = {}): TrustDomainView {
  return { resolved: aResolvedTrustDomain(), conflictsWith: undefined, authority: anAuthorityView(), ...changes };
}

/** An identity nothing was issued to yet, with nothing in the way. */
export function anObserved(changes: Partial<Observed> = {}): Observed {
  return {
    identity: aServiceIdentity(),
    settings: SETTINGS,
    namespace: { labels: {}, terminating: false },
    serviceAccountExists: true,
    trustDomain: aTrustDomainView(),
    secret: undefined,
    absenceConfirmed: false,
    previousSecret: undefined,
    previousConfirmed: false,
    rivals: [],
    healing: [],
    pace: UNPACED,
    looks: NO_LOOKS,
    ...changes,
  };
}

/** What the spec asks for. Throws where it cannot be served. */
export function desiredOf(observed: Pick<Observed, 'identity' | 'settings' | 'trustDomain'>): Desired {
  const { identity, settings, trustDomain = aTrustDomainView() } = observed;
  const wanted = desiredIdentity(identity, trustDomain.resolved, trustDomain.authority?.anchorsPEM, settings);
  if ('errors' in wanted) throw new Error(JSON.stringify(wanted.errors));
  return wanted.value;
}

/** The SVID that is desired, as it would be found in a Secret after it was issued at `issuedAt`. */
export function aStoredSVID(desired: Desired, issuedAt: Instant, changes: Partial<StoredSVID> = {}): StoredSVID {
  const { spiffeID, dnsNames, subject, algorithm, ttl } = desired.svid;
  return {
    spiffeID,
    dnsNames,
    subject,
    algorithm,
    serialNumber: '40aa',
    fingerprint: 'f1',
    authorityID: 'authority-1',
    notBefore: issuedAt - BACKDATE,
    notAfter: issuedAt + ttl,
    ...changes,
  };
}

export function factsOf(svid: StoredSVID): StoredFacts {
  const { spiffeID, serialNumber, fingerprint, authorityID, notBefore, notAfter } = svid;
  return { spiffeID, serialNumber, fingerprint, authorityID, notBefore, notAfter };
}

/** The Secret that is desired, as the cache shows it once it is stored. */
export function aSecretMeta(observed: Observed, changes: Partial<SecretMeta> = {}): SecretMeta {
  const { identity } = observed;
  const { secret } = desiredOf(observed);
  return {
    namespace: identity.metadata.namespace ?? '',
    name: secret.name,
    uid: 'uid-secret',
    resourceVersion: '100',
    labels: secret.labels,
    annotations: secret.annotations,
    ownerReferences: secret.retain ? [] : [ownerReferenceTo(identity)],
    deleting: false,
    ...changes,
  };
}

/** What a GET of the desired Secret tells. */
export function aSecretContent(
  desired: Desired,
  svid: StoredSVID,
  changes: Partial<SecretContent> = {},
): SecretContent {
  return {
    type: 'kubernetes.io/tls',
    immutable: false,
    svid,
    filesDigest: desired.filesDigest,
    formatsComplete: true,
    ...changes,
  };
}

export interface IssuedOptions {
  readonly identity?: IdentityChanges;
  readonly issuedAt?: Instant;
  readonly svid?: Partial<StoredSVID>;
  readonly observed?: Partial<Observed>;
}

/** An identity that was issued to, with a Secret nobody else touched and a status that records both. */
export function anIssued(options: IssuedOptions = {}): Observed & { readonly secret: { readonly meta: SecretMeta } } {
  const { issuedAt = NOW - 10 * 60_000 } = options;
  const fresh = anObserved({ identity: aServiceIdentity(options.identity), ...options.observed });
  const svid = aStoredSVID(desiredOf(fresh), issuedAt, options.svid);
  const meta = aSecretMeta(fresh);
  const status: ServiceIdentityStatus = {
    observedGeneration: fresh.identity.metadata.generation ?? 1,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Issued',
        message: `Secret ${meta.name} holds the SVID`,
        observedGeneration: fresh.identity.metadata.generation ?? 1,
        lastTransitionTime: formatTimestamp(issuedAt),
      },
    ],
    spiffeID: svid.spiffeID,
    serialNumber: svid.serialNumber,
    fingerprint: svid.fingerprint,
    authorityID: svid.authorityID,
    notBefore: formatTimestamp(svid.notBefore),
    notAfter: formatTimestamp(svid.notAfter),
    renewalTime: formatTimestamp(renewalTime(svid.notBefore, svid.notAfter, fresh.identity.metadata.uid)),
    secret: { name: meta.name, uid: meta.uid, resourceVersion: meta.resourceVersion },
    ...options.identity?.status,
  };
  return { ...fresh, identity: { ...fresh.identity, status }, secret: { meta, content: undefined } };
}

/** The same after a user wrote another spec. */
export function respecified<T extends Observed>(observed: T, change: Partial<ServiceIdentitySpec>): T {
  const { identity } = observed;
  const generation = (identity.metadata.generation ?? 0) + 1;
  const metadata = { ...identity.metadata, generation };
  return { ...observed, identity: { ...identity, metadata, spec: { ...identity.spec, ...change } } };
}

/** The same after somebody else wrote the Secret: another version, and its bytes were read. */
export function touched(
  issued: Observed,
  changes: {
    readonly meta?: Partial<SecretMeta>;
    readonly content?: Partial<SecretContent>;
    readonly svid?: Partial<StoredSVID>;
  } = {},
): Observed {
  const { identity, secret } = issued;
  if (secret === undefined) throw new Error('there is no Secret to touch');
  const desired = desiredOf(issued);
  const { notBefore = '', spiffeID: _, ...rest } = identity.status ?? {};
  const svid = aStoredSVID(desired, Date.parse(notBefore) + BACKDATE, {
    serialNumber: rest.serialNumber ?? '',
    fingerprint: rest.fingerprint ?? '',
    authorityID: rest.authorityID ?? '',
    notAfter: Date.parse(rest.notAfter ?? ''),
    ...changes.svid,
  });
  return {
    ...issued,
    secret: {
      meta: { ...secret.meta, resourceVersion: '101', ...changes.meta },
      content: aSecretContent(desired, svid, changes.content),
    },
  };
}

/** Days and hours that a slot lives; the default signs now. */
export function aSlot(changes: Partial<AuthoritySlot> = {}): AuthoritySlot {
  const kind = changes.kind ?? 'Intermediate';
  const life: Duration = kind === 'Root' ? 365 * DAY : 7 * DAY;
  return {
    id: `${kind.toLowerCase()}-1`,
    kind,
    state: 'Active',
    since: NOW - HOUR,
    notBefore: NOW - HOUR,
    notAfter: NOW - HOUR + life,
    certificate: `certificate of ${changes.id ?? kind}\n`,
    ...(kind === 'Intermediate' ? { issuerID: 'root-1' } : {}),
    ...changes,
  };
}

export function aDocument(changes: Partial<AuthorityDocument> = {}): AuthorityDocument {
  const slots = [aSlot({ kind: 'Root' }), aSlot()];
  return { trustDomain: 'example.org', revision: 1, sequence: NOW / SECOND, slots, ...changes };
}

/** Nothing that was counted holds anything up. */
export function aPropagation(changes: Partial<Propagation> = {}): Propagation {
  return { targets: 1, stale: 0, exposed: 0, blockers: [], secrets: 0, dependents: 0, ...changes };
}
