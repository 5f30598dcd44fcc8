// SPDX-License-Identifier: Apache-2.0
/**
 * Counts, while a rotation goes on, which Secrets hold the anchors and whose SVIDs a compromised authority has signed.
 * What is believed of a Secret is what decisions about its identity believe: status where nobody else wrote the Secret,
 * what was read of it otherwise.
 * @module
 */

import { conditionOf } from '../../api/condition-list.ts';
import { trustDomainNameOf } from '../../api/defaults.ts';
import type { ServiceIdentity, ServiceIdentitySpec } from '../../api/service-identity.ts';
import { parseTimestamp } from '../../api/timestamp.ts';
import type { BlockerStatus } from '../../api/trust-domain.ts';
import { FILES_DIGEST_ANNOTATION } from '../../api/well-known.ts';
import type { AuthorityDocument } from '../../authority/document.ts';
import { blockerReason, type Count, MAX_BLOCKERS } from '../../authority/propagation.ts';
import { anchors, toleratedAnchors } from '../../authority/slots.ts';
import { specFilesDigest } from '../../identity/desired.ts';
import type { SecretMeta } from '../../identity/observed.ts';
import { trusted } from '../../identity/stored.ts';
import { VERIFIER_SKEW } from '../../spiffe/svid.ts';
import type { Instant } from '../../time.ts';

/** What rotations ask of a Secret. */
export interface HeldContent {
  readonly filesDigest: string | undefined;
  readonly authorityID: string | undefined;
}

export interface CountedCaches {
  readonly identities: { values(): Iterable<ServiceIdentity> };
  readonly secrets: { get(key: string): SecretMeta | undefined };
  /** What was read of a Secret at its present version, or what we have just written into it. */
  readonly content: (identityKey: string, secret: SecretMeta) => HeldContent | undefined;
}

/** The Secrets of a TrustDomain's identities. Labeled Secrets without their ServiceIdentity do not count. */
export function countSecrets(
  trustDomainObject: string,
  document: AuthorityDocument,
  caches: CountedCaches,
  now: Instant,
): Count {
  const condemned = new Set(document.slots.filter(({ compromised }) => compromised === true).map(({ id }) => id));
  let targets = 0;
  let stale = 0;
  let exposed = 0;
  let dependents = 0;
  const blockers: BlockerStatus[] = [];
  const accepted = [anchors(document), ...toleratedAnchors(document)];
  const digests = accepted.map((slots) => digestsUnder(slots.map(({ certificate }) => certificate).join('')));
  for (const identity of caches.identities.values()) {
    if (trustDomainNameOf(identity.spec) !== trustDomainObject) continue;
    const secret = secretOf(identity, caches);
    if (secret === undefined) continue;
    targets += 1;
    const held = heldBy(identity, secret, caches);
    const behind = !digests.some((digestOf) => digestOf(identity.spec) === held.filesDigest);
    const signedByCondemned = held.authorityID !== undefined && condemned.has(held.authorityID);
    if (!behind && !signedByCondemned) continue;
    if (blockers.length < MAX_BLOCKERS) blockers.push(blocker(identity, secret));
    // Whoever still uses an SVID that has ended is refused by everybody anyway: it holds nothing up.
    if (ended(identity, now)) continue;
    dependents += 1;
    if (behind) stale += 1;
    if (signedByCondemned) exposed += 1;
  }
  return { targets, stale, exposed, blockers, secrets: targets, dependents };
}

/** Whether the SVID has ended for every verifier, those included whose clocks are behind. */
function ended({ status }: ServiceIdentity, now: Instant): boolean {
  const notAfter = parseTimestamp(status?.notAfter ?? '');
  return notAfter !== undefined && notAfter + VERIFIER_SKEW < now;
}

/** The Secret that status names, while it is still the same object. */
function secretOf({ metadata, status }: ServiceIdentity, { secrets }: CountedCaches): SecretMeta | undefined {
  const recorded = status?.secret;
  const found = recorded === undefined ? undefined : secrets.get(`${metadata.namespace}/${recorded.name}`);
  return found !== undefined && found.uid === recorded?.uid ? found : undefined;
}

/** Few identities differ in their peers, so few digests have to be computed. */
function digestsUnder(anchorsPEM: string): (spec: ServiceIdentitySpec) => string {
  const known = new Map<string, string>();
  return (spec) => {
    const peers = spec.mtls === undefined ? '' : JSON.stringify(spec.mtls);
    const digest = known.get(peers) ?? specFilesDigest(spec, anchorsPEM);
    known.set(peers, digest);
    return digest;
  };
}

function heldBy(identity: ServiceIdentity, secret: SecretMeta, { content }: CountedCaches): HeldContent {
  if (trusted(identity, secret)) {
    return { filesDigest: secret.annotations[FILES_DIGEST_ANNOTATION], authorityID: identity.status?.authorityID };
  }
  const { namespace, name } = identity.metadata;
  const read = content(`${namespace}/${name}`, secret);
  return { filesDigest: read?.filesDigest, authorityID: read?.authorityID ?? identity.status?.authorityID };
}

function blocker({ metadata, status }: ServiceIdentity, { name }: SecretMeta): BlockerStatus {
  const ready = conditionOf(status, 'Ready');
  const reason = blockerReason(ready?.status === 'True' ? undefined : ready);
  return { kind: 'Secret', namespace: metadata.namespace ?? '', name, reason };
}
