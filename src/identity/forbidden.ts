// SPDX-License-Identifier: Apache-2.0
/**
 * What a policy keeps out of a Secret whose SVID stays: peers that it may forbid. The anchors get in while a compromised
 * root is on its way out.
 * @module
 */
import { CA_CERT_KEY, FILES_DIGEST_ANNOTATION } from '../api/well-known.ts';
import { type Desired, filesDigest } from './desired.ts';
import type { Blocked } from './gates.ts';
import type { SecretPatch } from './metadata.ts';
import type { AuthorityView, Observed } from './observed.ts';

/**
 * Peers that a policy may forbid are not written. New anchors wait with them: what tells the one from the other is not
 * kept, and the SVID is not renewed either. A heal goes on: whoever may edit the Secret needs no spec to name peers.
 */
export function forbiddenFiles({ policy }: Observed, { files }: SecretPatch): Blocked | undefined {
  if (policy?.peers !== true || Object.keys(files).length === 0) return undefined;
  return { reason: 'PolicyViolation', message: policy.message };
}

/**
 * The part of a forbidden patch that must not wait, because the anchors that are stored may trust a thief. Which peers
 * are stored is not kept, so the digest it leaves is that of no files a spec can ask for: it says that these anchors
 * were written, and differs from what is desired until the peers are written too.
 */
export function urgentAnchors(
  { secret }: Observed,
  { secret: { anchorsPEM } }: Desired,
  authority: AuthorityView | undefined,
): SecretPatch | undefined {
  if (secret === undefined || anchorsPEM === undefined || authority === undefined) return undefined;
  if (authority.refreshPatience > 0 && authority.distrustedIDs.size === 0) return undefined;
  const written = filesDigest(anchorsPEM, PEERS_WITHHELD, PEERS_WITHHELD);
  if (secret.meta.annotations[FILES_DIGEST_ANNOTATION] === written) return undefined;
  const annotations = { [FILES_DIGEST_ANNOTATION]: written };
  return { labels: {}, annotations, files: { [CA_CERT_KEY]: anchorsPEM }, heals: false };
}

/** No list of peers: those end each entry with a line break. */
const PEERS_WITHHELD = 'withheld';
