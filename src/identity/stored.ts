// SPDX-License-Identifier: Apache-2.0
/**
 * What is known of the SVID in a Secret: from status while nobody but us wrote the Secret, else from its bytes
 * (design rule 6). Annotations alone are never believed.
 * @module
 */

import { conditionOf } from '../api/condition-list.ts';
import type { ServiceIdentity, ServiceIdentityStatus } from '../api/service-identity.ts';
import { parseTimestamp } from '../api/timestamp.ts';
import { RENEW_REQUEST_ANNOTATION } from '../api/well-known.ts';
import type { Instant } from '../time.ts';
import type { ObservedSecret, SecretMeta, StoredFacts } from './observed.ts';
import { renewalTime } from './renewal.ts';

/** Whether the Secret is, unread, known to be as we wrote it: uid and resourceVersion are those in status. */
export function trusted(identity: ServiceIdentity, secret: SecretMeta): boolean {
  const recorded = identity.status?.secret;
  return (
    recorded !== undefined &&
    recorded.name === secret.name &&
    recorded.uid === secret.uid &&
    recorded.resourceVersion === secret.resourceVersion &&
    factsInStatus(identity.status) !== undefined
  );
}

/** The facts of the stored SVID; undefined when there is none, or none that could be made out. */
export function storedFacts(identity: ServiceIdentity, secret: ObservedSecret): StoredFacts | undefined {
  if (trusted(identity, secret.meta)) return factsInStatus(identity.status);
  return secret.content?.svid;
}

/**
 * Whether the Secret holds an SVID that status does not tell of yet, by its bytes: its signer ended before it wrote the
 * status, or the watch has not brought that. An older one than status tells of was put back by somebody else.
 */
export function unrecorded({ status }: ServiceIdentity, { content }: ObservedSecret): boolean {
  const recorded = factsInStatus(status);
  if (content?.svid === undefined || recorded === undefined) return content?.svid !== undefined;
  return content.svid.fingerprint !== recorded.fingerprint && content.svid.notBefore >= recorded.notBefore;
}

/** Whether spec.renewRequest, which status does not echo, was answered by the very SVID that status does not tell of. */
export function answered(identity: ServiceIdentity, secret: ObservedSecret): boolean {
  const { renewRequest } = identity.spec;
  if (renewRequest === undefined || !unrecorded(identity, secret)) return false;
  return secret.meta.annotations[RENEW_REQUEST_ANNOTATION] === renewRequest;
}

/** The facts that status records, whole or not at all. */
export function factsInStatus(status: ServiceIdentityStatus | undefined): StoredFacts | undefined {
  if (status === undefined) return undefined;
  const { spiffeID, serialNumber, fingerprint, authorityID } = status;
  const notBefore = parseTimestamp(status.notBefore ?? '');
  const notAfter = parseTimestamp(status.notAfter ?? '');
  if (spiffeID === undefined || serialNumber === undefined || fingerprint === undefined) return undefined;
  if (authorityID === undefined || notBefore === undefined || notAfter === undefined) return undefined;
  return { spiffeID, serialNumber, fingerprint, authorityID, notBefore, notAfter };
}

/** When the SVID is to be renewed. */
export function plannedRenewal({ metadata }: ServiceIdentity, { notBefore, notAfter }: StoredFacts): Instant {
  return renewalTime(notBefore, notAfter, metadata.uid);
}

/** When something is due for a stored SVID although nothing changes: its renewal, and the news of its end. */
export function turningPoints(identity: ServiceIdentity, facts: StoredFacts): readonly Instant[] {
  return [plannedRenewal(identity, facts), facts.notAfter];
}

/** Whether an SVID was ever stored for this identity, as far as status tells. */
export function everIssued({ status }: ServiceIdentity): boolean {
  return status?.secret !== undefined || factsInStatus(status) !== undefined;
}

/** Whether status speaks of the spec as it is. */
export function specSettled({ metadata, status }: ServiceIdentity): boolean {
  return status?.observedGeneration !== undefined && status.observedGeneration === metadata.generation;
}

/**
 * Whether this very spec was followed once: what differs from it now is somebody else's doing. Status also speaks of a
 * spec that waits behind something else, and nothing was written for that one yet.
 */
export function specFollowed(identity: ServiceIdentity): boolean {
  const reason = conditionOf(identity.status, 'Ready')?.reason;
  return specSettled(identity) && (reason === 'Issued' || reason === 'RepeatedEdits');
}
