// SPDX-License-Identifier: Apache-2.0
/**
 * How a change of the trust anchors reaches a Secret: by a patch of its own, or with a renewal that is due anyway. Roots
 * that were withdrawn in peace may stay until that renewal.
 * @module
 */
import { FILES_DIGEST_ANNOTATION } from '../api/well-known.ts';
import type { Instant } from '../time.ts';
import { type Desired, filesDigest } from './desired.ts';
import type { SecretPatch } from './metadata.ts';
import type { AuthorityView, ObservedSecret } from './observed.ts';

/** What is desired of the Secret until its next renewal: with the anchors it holds, where those are tolerated. */
export function untilRenewal(
  desired: Desired,
  secret: ObservedSecret | undefined,
  authority: AuthorityView | undefined,
): Desired {
  const { allowedClients, allowedServers } = desired.secret;
  const held = secret?.content?.filesDigest ?? secret?.meta.annotations[FILES_DIGEST_ANNOTATION];
  if (held === undefined || held === desired.filesDigest) return desired;
  for (const anchorsPEM of authority?.toleratedPEMs ?? []) {
    const digest = filesDigest(anchorsPEM, allowedClients, allowedServers);
    if (digest !== held) continue;
    const annotations = { ...desired.secret.annotations, [FILES_DIGEST_ANNOTATION]: digest };
    return { ...desired, filesDigest: digest, secret: { ...desired.secret, annotations, anchorsPEM } };
  }
  return desired;
}

/** Whether a patch brings new anchors and nothing else, and the renewal that brings them as well is near enough. */
export function ridesOnRenewal(
  patch: SecretPatch,
  authority: AuthorityView | undefined,
  { renewal, now }: { readonly renewal: Instant; readonly now: Instant },
): boolean {
  const { labels, annotations, ownerReferences, files, heals } = patch;
  const more =
    Object.keys(labels).length + Object.keys(annotations).filter((key) => key !== FILES_DIGEST_ANNOTATION).length;
  if (heals || more > 0 || ownerReferences !== undefined || Object.keys(files).length === 0) return false;
  return authority !== undefined && renewal > now && renewal - now <= authority.refreshPatience;
}
