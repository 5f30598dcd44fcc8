// SPDX-License-Identifier: Apache-2.0
/**
 * Path validation of the fixed profile (RFC 5280 6.1, X509-SVID 5): from a leaf or an authority through what travels in
 * tls.crt to a self-signed root.
 * @module
 */
import type { TrustDomainName } from '../spiffe/trust-domain.ts';
import type { Instant } from '../time.ts';
import { type Certificate, isSelfIssued } from './certificate.ts';
import { constraintViolation } from './name-constraints.ts';
import { authorityProblem, leafProblem, outlivesProblem, rootProblem, validityProblem } from './profile.ts';
import { isSignedBy, type VerifiedSignatures, verifiedSignatures, verifySignature } from './signatures.ts';

export interface PathInput {
  /**
   * Leaf first, each certificate issued by the next. The last ones may be cross-certificates, the first of them that of an
   * anchor, which are then not needed to get there. Roots do not travel in a chain.
   */
  readonly chain: readonly Certificate[];
  /** Self-signed roots. */
  readonly anchors: readonly Certificate[];
  readonly trustDomain: TrustDomainName;
  readonly now: Instant;
}

/** Certificates of a chain, without its root. */
export const MAX_CHAIN_LENGTH = 5;

/**
 * What keeps the chain from being an X.509-SVID of the trust domain that the anchors vouch for, or undefined. `verified`
 * remembers the signatures above the leaf. Never throws for a certificate that could be parsed.
 */
export function pathProblem(input: PathInput, verified: VerifiedSignatures = verifiedSignatures()): string | undefined {
  const [leaf] = input.chain;
  if (leaf === undefined) return 'the chain is empty';
  const problem = leafProblem(leaf, input.trustDomain);
  return problem === undefined ? chainProblem(input, verified) : `the leaf certificate ${problem}`;
}

/** The same for a chain that begins with an intermediate or a cross-certificate. */
export function authorityPathProblem(
  input: PathInput,
  verified: VerifiedSignatures = verifiedSignatures(),
): string | undefined {
  const [authority] = input.chain;
  if (authority === undefined) return 'the chain is empty';
  const problem = authorityProblem(authority, input.trustDomain);
  return problem === undefined ? chainProblem(input, verified) : `the authority certificate ${problem}`;
}

/** What keeps a certificate from being a trust anchor of the trust domain at this time, or undefined. */
export function anchorProblem(
  anchor: Certificate,
  trustDomain: TrustDomainName,
  now: Instant,
  verified: VerifiedSignatures = verifiedSignatures(),
): string | undefined {
  if (!isSelfIssued(anchor)) return 'the trust anchor is not self-signed';
  const problem = rootProblem(anchor, trustDomain) ?? validityProblem(anchor, now);
  if (problem !== undefined) return `the trust anchor ${problem}`;
  if (keyIdentifiersDiffer(anchor, anchor)) return 'the trust anchor has an authority key identifier of another key';
  return isSignedBy(anchor, anchor, verified) ? undefined : 'the trust anchor is not signed by its own key';
}

/** Tries every anchor at every height; one sound path is enough, and the first problem found is the one told. */
function chainProblem(input: PathInput, verified: VerifiedSignatures): string | undefined {
  const { chain, anchors } = input;
  if (chain.length > MAX_CHAIN_LENGTH) return `the chain has more than ${MAX_CHAIN_LENGTH} certificates`;
  let first: string | undefined;
  for (const [height, certificate] of chain.entries()) {
    for (const anchor of anchors) {
      if (Buffer.compare(certificate.issuer, anchor.subject) !== 0) continue;
      const problem = candidateProblem(input, height, anchor, verified);
      if (problem === undefined) return undefined;
      first ??= problem;
    }
  }
  return first ?? 'no trust anchor has issued a certificate of the chain';
}

/** The path that goes up to `chain[height]` and from there to the anchor. */
function candidateProblem(
  input: PathInput,
  height: number,
  anchor: Certificate,
  verified: VerifiedSignatures,
): string | undefined {
  const { chain, trustDomain, now } = input;
  const anchored = anchorProblem(anchor, trustDomain, now, verified);
  if (anchored !== undefined) return anchored;
  const path = [...chain.slice(0, height + 1), anchor];
  // From the anchor down: nothing is believed before what vouches for it.
  for (let at = height; at >= 0; at--) {
    const problem = stepProblem(path, at, input, verified);
    if (problem !== undefined) return problem;
  }
  return (
    pathLengthProblem(path) ??
    constraintsProblem(path) ??
    remainderProblem(chain.slice(height), anchor, trustDomain, verified)
  );
}

/** One certificate below the anchor, and its tie to the next. */
function stepProblem(
  path: readonly Certificate[],
  at: number,
  { trustDomain, now }: PathInput,
  verified: VerifiedSignatures,
): string | undefined {
  const certificate = path[at];
  const issuer = path[at + 1];
  if (certificate === undefined || issuer === undefined) return undefined;
  const name = at === 0 ? 'the first certificate' : `certificate ${at + 1} of the chain`;
  const problem =
    validityProblem(certificate, now) ??
    (at > 0 ? authorityProblem(certificate, trustDomain) : outlivingLeafProblem(certificate, issuer)) ??
    linkProblem(certificate, issuer);
  if (problem !== undefined) return `${name} ${problem}`;
  // The first one is new at every issuance: remembering it would only fill memory.
  const signed = (at === 0 ? verifySignature : isSignedBy)(certificate, issuer, verified);
  return signed ? undefined : `${name} is not signed by the key of its issuer`;
}

/** Authorities may outlive what is above them: a cross-certificate ends with the old root. */
function outlivingLeafProblem(certificate: Certificate, issuer: Certificate): string | undefined {
  return certificate.ca ? undefined : outlivesProblem(certificate, issuer);
}

function linkProblem(certificate: Certificate, issuer: Certificate): string | undefined {
  if (isSelfIssued(certificate)) return 'is self-issued; a root belongs among the trust anchors';
  if (Buffer.compare(certificate.issuer, issuer.subject) !== 0) return 'names another issuer than the next certificate';
  if (certificate.authorityKeyID === undefined) return 'has no authority key identifier';
  return keyIdentifiersDiffer(certificate, issuer) ? 'has an authority key identifier of another key' : undefined;
}

function keyIdentifiersDiffer({ authorityKeyID }: Certificate, { subjectKeyID }: Certificate): boolean {
  if (authorityKeyID === undefined) return false;
  return subjectKeyID === undefined || Buffer.compare(authorityKeyID, subjectKeyID) !== 0;
}

/**
 * No authority below the anchor is self-issued, so all of them count (RFC 5280 6.1.4 l). One at the very beginning
 * counts as well: the leaves it is made for would break the limit.
 */
function pathLengthProblem(path: readonly Certificate[]): string | undefined {
  let authorities = 0;
  for (const { ca, pathLength } of path) {
    if (pathLength !== undefined && pathLength < authorities) {
      return `the path is longer than the path length ${pathLength} of an authority allows`;
    }
    if (ca) authorities++;
  }
  return undefined;
}

/** Name constraints hold for all that is below them; nothing there is self-issued (RFC 5280 6.1.3 b, c). */
function constraintsProblem(path: readonly Certificate[]): string | undefined {
  for (const [at, { nameConstraints }] of path.entries()) {
    if (nameConstraints === undefined) continue;
    for (const [below, certificate] of path.slice(0, at).entries()) {
      const violation = constraintViolation(nameConstraints, certificate);
      if (violation === undefined) continue;
      const name = below === 0 ? 'the first certificate' : `certificate ${below + 1} of the chain`;
      return `the name constraints of an authority forbid ${name}: it has ${violation}`;
    }
  }
  return undefined;
}

/**
 * What follows after the path has reached its anchor: nothing, or for verifiers that lag the anchor's cross-certificate,
 * and that of the root which signed the one before.
 */
function remainderProblem(
  [last, ...crosses]: readonly Certificate[],
  anchor: Certificate,
  trustDomain: TrustDomainName,
  verified: VerifiedSignatures,
): string | undefined {
  let below = last;
  for (const [index, cross] of crosses.entries()) {
    if (below === undefined) return undefined;
    // The name of the first is compared below, with what the last certificate names as its issuer.
    const isCross =
      !isSelfIssued(cross) &&
      (index === 0 ? Buffer.compare(cross.publicKey, anchor.publicKey) === 0 : isSignedBy(below, cross, verified));
    if (!isCross) return 'the chain goes on after it has reached a trust anchor';
    const problem = authorityProblem(cross, trustDomain) ?? linkProblem(below, cross);
    if (problem !== undefined) return `the cross-certificate or its tie to the chain is wrong: it ${problem}`;
    below = cross;
  }
  return undefined;
}
