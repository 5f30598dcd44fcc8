// SPDX-License-Identifier: Apache-2.0
/**
 * The issuance checks: one function per fact, in the order in which they speak. The first that does is why a new SVID is
 * issued; where none does the stored one stays.
 * @module
 */

import { SVID_DIGEST_ANNOTATION, TLS_SECRET_TYPE } from '../api/well-known.ts';
import type { Instant } from '../time.ts';
import type { Desired, SpecifiedSVID } from './desired.ts';
import type { AuthorityView, Observed, ObservedSecret, StoredFacts, StoredSVID } from './observed.ts';
import { ownership } from './ownership.ts';
import { passwordChanged } from './password.ts';
import { lifetime } from './renewal.ts';
import { answered, everIssued, plannedRenewal, storedFacts, trusted } from './stored.ts';

/** Why an SVID is issued; the label of the issuance metric. */
export const ISSUE_REASONS = [
  'FirstIssuance',
  'SecretMissing',
  'SecretAdopted',
  'SecretImmutable',
  'SecretEdited',
  'AuthorityChanged',
  'SpecChanged',
  'PasswordChanged',
  'RenewRequested',
  'RenewalDue',
] as const;
export type IssueReason = (typeof ISSUE_REASONS)[number];

/** Why an SVID is issued, in words as well. */
export interface IssueCause {
  readonly reason: IssueReason;
  readonly message: string;
}

/** What the checks look at. `authority` is absent while it is not known; then nothing is held against its absence. */
export interface CheckInput {
  readonly observed: Observed;
  readonly desired: Desired;
  readonly authority: AuthorityView | undefined;
  readonly now: Instant;
}

type Check = (input: CheckInput, secret: ObservedSecret, stored: StoredFacts) => IssueCause | undefined;

/** The first reason to issue, or undefined when the stored SVID stays. */
export function issueCause(input: CheckInput): IssueCause | undefined {
  const { observed } = input;
  const { secret } = observed;
  if (secret === undefined) {
    const reason = everIssued(observed.identity) ? 'SecretMissing' : 'FirstIssuance';
    return { reason, message: `Secret ${input.desired.secret.name} does not exist` };
  }
  if (ownership(observed.identity, secret.meta).kind === 'adoptable') {
    return {
      reason: 'SecretAdopted',
      message: 'the Secret was kept or restored from an earlier identity of this name',
    };
  }
  const replaced = unchangeable(secret);
  if (replaced !== undefined) return replaced;
  const stored = storedFacts(observed.identity, secret);
  if (stored === undefined) {
    return { reason: 'SecretEdited', message: secret.content?.problem ?? 'the Secret holds no SVID' };
  }
  for (const check of CHECKS) {
    const cause = check(input, secret, stored);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

const CHECKS: readonly Check[] = [
  authorityKnown, // Make sure that the leaf chains to an authority that is still good
  inputsUnchanged, // Make sure that the SVID is the one the spec asks for (judged by digest while nobody wrote the Secret)
  passwordUnchanged, // Make sure that PKCS#12 files open with the password that is there now
  contentMatches, // Make sure that what is really stored is what the spec asks for (judged by bytes after a foreign write)
  renewNotRequested, // Make sure that a new renewRequest re-issues once
  renewalNotDue, // Make sure that it is replaced long before it expires
];

/** What keeps the Secret from being updated in place; it is then replaced. */
export function unchangeable({ content }: ObservedSecret): IssueCause | undefined {
  if (content === undefined) return undefined;
  if (content.immutable) return { reason: 'SecretImmutable', message: 'the Secret was made immutable' };
  if (content.type !== TLS_SECRET_TYPE) {
    return {
      reason: 'SecretImmutable',
      message: `the Secret has type ${content.type}, which cannot be changed in place`,
    };
  }
  return undefined;
}

function authorityKnown({ authority }: CheckInput, _: ObservedSecret, stored: StoredFacts): IssueCause | undefined {
  if (authority === undefined || authority.knownIDs.has(stored.authorityID)) return undefined;
  return {
    reason: 'AuthorityChanged',
    message: `its authority ${stored.authorityID} is no longer part of the TrustDomain`,
  };
}

function inputsUnchanged(input: CheckInput, secret: ObservedSecret): IssueCause | undefined {
  if (!trusted(input.observed.identity, secret.meta)) return undefined;
  if (secret.meta.annotations[SVID_DIGEST_ANNOTATION] === input.desired.svidDigest) return undefined;
  return { reason: 'SpecChanged', message: 'the spec asks for another SVID than the stored one' };
}

function passwordUnchanged({ observed, desired }: CheckInput): IssueCause | undefined {
  if (!passwordChanged(observed, desired)) return undefined;
  return { reason: 'PasswordChanged', message: 'the PKCS#12 files have another password, or none was there before' };
}

function contentMatches({ observed, desired }: CheckInput, secret: ObservedSecret): IssueCause | undefined {
  const { content } = secret;
  if (content?.svid === undefined) return undefined;
  const longer = asksForLonger(observed, secret, desired) ? 'its lifetime' : undefined;
  const difference = firstDifference(content.svid, desired) ?? longer;
  if (difference !== undefined) return { reason: 'SpecChanged', message: `the stored SVID differs in ${difference}` };
  if (!content.formatsComplete)
    return { reason: 'SecretEdited', message: 'a file of the Secret is missing or was edited' };
  return undefined;
}

function firstDifference(stored: StoredSVID, { svid, specified }: Desired): string | undefined {
  if (stored.spiffeID !== svid.spiffeID) return 'its SPIFFE ID';
  if (stored.subject !== svid.subject) return 'its subject';
  if (stored.algorithm !== svid.algorithm) return 'its key algorithm';
  if (!carriesNames(stored.dnsNames, specified)) return 'its DNS names';
  if (specified.ttl !== undefined && lifetime(stored.notBefore, stored.notAfter) > specified.ttl.longest)
    return 'its lifetime';
  return undefined;
}

/**
 * A shorter life than asked for is a difference only where it was issued for another spec: an SVID may be clamped to
 * its issuer's. The digest is believed here although somebody else wrote the Secret: all it can do is ask for one SVID.
 */
function asksForLonger({ identity }: Observed, { meta, content }: ObservedSecret, desired: Desired): boolean {
  const { svid } = content ?? {};
  const { ttl } = desired.specified;
  if (svid === undefined || ttl === undefined || lifetime(svid.notBefore, svid.notAfter) >= ttl.shortest) return false;
  const clamped = identity.status?.conditions?.some(({ reason }) => reason === 'IssuerLifetime') === true;
  return !clamped && meta.annotations[SVID_DIGEST_ANNOTATION] !== desired.svidDigest;
}

function carriesNames(stored: readonly string[], { dnsNames, shortNames }: SpecifiedSVID): boolean {
  return (
    dnsNames.every((name) => stored.includes(name)) &&
    stored.every((name) => dnsNames.includes(name) || shortNames.includes(name))
  );
}

function renewNotRequested({ observed }: CheckInput, secret: ObservedSecret): IssueCause | undefined {
  const { spec, status } = observed.identity;
  if (spec.renewRequest === undefined || spec.renewRequest === status?.observedRenewRequest) return undefined;
  if (answered(observed.identity, secret)) return undefined;
  return { reason: 'RenewRequested', message: 'spec.renewRequest has a new value' };
}

function renewalNotDue(
  { observed, authority, now }: CheckInput,
  _: ObservedSecret,
  stored: StoredFacts,
): IssueCause | undefined {
  // Of an authority that ends, the next SVID would live no longer than this one.
  if (authority?.id === stored.authorityID && stored.notAfter >= authority.leavesEnd) return undefined;
  return now < plannedRenewal(observed.identity, stored)
    ? undefined
    : { reason: 'RenewalDue', message: 'the planned renewal time has come' };
}
